"""Makes C++ sources from the examples of a page.

extract.py program <output> <page>: the block that has main().
extract.py examples <output> <pages>: every other block as a function, listed in `examples`. Blocks
with an #include and no main() stand at the beginning.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

HEAD = """#include "docs/examples.hpp"

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

"""


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```cpp\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


def program(page: Path) -> str:
    found = [block for block in blocks(page) if "int main()" in block]
    if len(found) != 1:
        sys.exit(f"{page.name} has {len(found)} programs instead of one")
    return found[0]


def examples(pages: list[Path]) -> str:
    bodies = {
        f"{page.stem}_{number}": block
        for page in pages
        for number, block in enumerate(blocks(page))
        if "int main()" not in block
    }
    heads = {name: body for name, body in bodies.items() if "#include" in body}
    functions = {name: body for name, body in bodies.items() if name not in heads}
    text = HEAD + "".join(heads.values()) + "\nnamespace {\n"
    for name, body in functions.items():
        text += f"\nvoid {name}() {{\n{body}}}\n"
    listed = "".join(f'    {{"{name}", {name}}},\n' for name in functions)
    return text + f"\n}}  // namespace\n\nconst std::vector<example> examples{{\n{listed}}};\n"


def main() -> None:
    what, output, *pages = sys.argv[1:]
    paths = [Path(page) for page in pages]
    Path(output).write_text(program(paths[0]) if what == "program" else examples(paths))


if __name__ == "__main__":
    main()
