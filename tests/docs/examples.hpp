// What extract.py makes of the pages.
#pragma once

#include <vector>

struct example {
  const char* name;
  void (*run)();
};
extern const std::vector<example> examples;
