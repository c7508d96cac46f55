#include "aws/json_field.hpp"

#include "aws/crypto.hpp"
#include "aws/json.hpp"
#include "aws/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serializer.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace lambda_cache::aws {
namespace {

const boost::json::value* step(const boost::json::value& from, std::string_view member) {
  if (const boost::json::object* object = from.if_object())
    return object->if_contains({member.data(), member.size()});
  const boost::json::array* list = from.if_array();
  std::size_t index = 0;
  if (list == nullptr || !text::all_digits(member) ||
      std::from_chars(member.data(), member.data() + member.size(), index).ec != std::errc{} ||
      index >= list->size())
    return nullptr;
  return &(*list)[index];
}

core::secret_bytes to_text(const boost::json::value& value) {
  if (const boost::json::string* text = value.if_string()) return {text->begin(), text->end()};
  core::secret_bytes out;
  boost::json::serializer writer;
  writer.reset(&value);
  std::array<char, 512> piece{};
  while (!writer.done()) {
    const auto written = writer.read(piece.data(), piece.size());
    out.insert(out.end(), written.begin(), written.end());
  }
  wipe({reinterpret_cast<unsigned char*>(piece.data()), piece.size()});
  return out;
}

}  // namespace

picked_field pick_field(std::string_view json, std::string_view path) {
  picked_field out;
  const json_document document(json);
  if (!document.valid()) {
    out.defect = "it is not JSON";
    return out;
  }
  if (path.empty()) return out;
  const boost::json::value* at = &document.root();
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t end = std::min(path.find('.', from), path.size());
    at = step(*at, path.substr(from, end - from));
    if (at == nullptr) {
      out.defect = "it has no " + text::quoted(path.substr(0, end));
      return out;
    }
    from = end + 1;
  }
  out.text = to_text(*at);
  return out;
}

}  // namespace lambda_cache::aws
