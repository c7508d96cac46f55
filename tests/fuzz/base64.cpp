// Base64, of secrets and of checksums. Input: the text.
#include "aws/base64.hpp"

#include "aws/checksum.hpp"
#include "fuzz/json.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {

void base64(std::string_view input) {
  std::string plain(input);
  std::erase_if(plain, [](char c) { return c == '\n' || c == '\r'; });
  if (const auto bytes = aws::decode_base64(input)) {
    const std::string again = aws::base64(view(*bytes));
    require(again.size() == plain.size(), "every character counts");
    // Of the last group some bits count for nothing.
    const std::size_t certain = again.size() - std::min<std::size_t>(again.size(), 4);
    require(again.substr(0, certain) == plain.substr(0, certain), "what is read is what is there");
    require(aws::decode_base64(again) == bytes, "bytes that are written are read again");
    require(!aws::decode_base64(plain + "!"), "nothing may follow");
  }
  for (const std::size_t size : {0U, 4U, 8U, 20U, 32U})
    if (const auto digest = aws::from_base64(input, size))
      require(digest->size() == size && aws::base64(*digest) == input, "one text for one digest");
  require(aws::decode_base64(aws::base64(input)) == core::secret_bytes(input.begin(), input.end()),
          "bytes that are written are read again");
}

}  // namespace lambda_cache::fuzz
