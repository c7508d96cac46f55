// The mark that files of ours carry. Input: the mark.
#include "core/object_data.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {

void file_mark(std::string_view input) {
  const auto mark = core::parse_mark(input);
  if (!mark) return;
  require(input.size() <= core::longest_mark, "a mark is bounded");
  require(!mark->owner.contains(' '), "an owner is one word");
  require(std::ranges::none_of(mark->etag, aws::text::is_control), "an ETag is a header value");
  const std::string text = core::to_text(*mark);
  const auto again = core::parse_mark(text);
  require(again && again->owner == mark->owner && again->etag == mark->etag &&
              again->size == mark->size && again->mtime == mark->mtime,
          "a mark that is written is read again");
}

}  // namespace lambda_cache::fuzz
