// Text of others made fit for messages. Input: the text.
#include "aws/json.hpp"
#include "aws/json_text.hpp"
#include "aws/redact.hpp"
#include "aws/text.hpp"
#include "fuzz/json.hpp"
#include "fuzz/target.hpp"

namespace lambda_cache::fuzz {

void message_text(std::string_view input) {
  for (const std::size_t most : {std::size_t{1}, std::size_t{16}, input.size()}) {
    const std::string shown = aws::text::printable(input, most);
    require(shown.size() <= most + 3, "what is shown is bounded");
    require(shown.empty() || (is_utf8(shown) && std::ranges::none_of(shown, aws::text::is_control)),
            "what is shown is one line of UTF-8");
    require(aws::text::printable(shown, shown.size()) == shown, "what is shown can be shown");
  }
  require_readable(aws::text::quoted(input));
  const std::string message = aws::showable_message(input);
  require(message.size() <= 403, "a service's message is bounded");
  require(message.empty() || is_utf8(message), "a service's message is UTF-8");

  core::secret_bytes json;
  aws::append_json_string(json, input);
  const aws::json_document document(view(json));
  const auto* text = document.root().if_string();
  require(document.valid() && text != nullptr, "whatever is written as JSON is JSON");
  require(!is_utf8(input) || std::string_view(text->data(), text->size()) == input,
          "text that is written as JSON is read again");
}

}  // namespace lambda_cache::fuzz
