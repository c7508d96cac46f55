#include "aws/xml_error.hpp"

#include "aws/xml.hpp"

#include <vector>

namespace lambda_cache::aws {
namespace {

constexpr std::size_t longest_document = 64 * 1024;
constexpr std::size_t longest_field = 4096;

}  // namespace

std::optional<xml_error> parse_xml_error(std::string_view body) {
  if (body.size() > longest_document || body.find("<Error") == std::string_view::npos)
    return std::nullopt;
  const xml_document document(body);
  const auto read =
      [&](std::initializer_list<std::string_view> inside) -> std::optional<xml_error> {
    if (!document.find(inside)) return std::nullopt;
    const auto field = [&](std::string_view name) {
      std::vector<std::string_view> path(inside);
      path.push_back(name);
      return std::string(document.find(path).value_or("").substr(0, longest_field));
    };
    return xml_error{field("Code"), field("Message"), field("Region"), field("RequestId")};
  };
  if (document.root() == "Error") return read({});
  if (document.root() != "ErrorResponse" && document.root() != "Response") return std::nullopt;
  auto found = read({"Error"});
  return found ? found : read({"Errors", "Error"});
}

}  // namespace lambda_cache::aws
