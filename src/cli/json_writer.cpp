#include "cli/json_writer.hpp"

#include "aws/base64.hpp"
#include "aws/json_text.hpp"

#include <string>

namespace lambda_cache::cli {

void json_writer::new_line() {
  out_.push_back('\n');
  out_.insert(out_.end(), 2 * has_members_.size(), ' ');
}

void json_writer::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_members_.empty()) return;
  if (has_members_.back()) aws::append(out_, indented_ ? "," : ", ");
  has_members_.back() = true;
  if (indented_) new_line();
}

json_writer& json_writer::open(char bracket) {
  before_value();
  out_.push_back(bracket);
  has_members_.push_back(false);
  return *this;
}

json_writer& json_writer::close(char bracket) {
  const bool had_members = has_members_.back();
  has_members_.pop_back();
  if (indented_ && had_members) new_line();
  out_.push_back(bracket);
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  before_value();
  aws::append_json_string(out_, name);
  aws::append(out_, ": ");
  after_key_ = true;
  return *this;
}

json_writer& json_writer::text(std::string_view value) {
  before_value();
  aws::append_json_string(out_, value);
  return *this;
}

json_writer& json_writer::base64(std::string_view bytes) {
  before_value();
  out_.push_back('"');
  aws::append_base64(out_, bytes);
  out_.push_back('"');
  return *this;
}

json_writer& json_writer::raw(std::string_view json) {
  before_value();
  while (json.ends_with('\n'))
    json.remove_suffix(1);
  for (const char c : json) {
    if (c == '\n' && indented_)
      new_line();
    else
      out_.push_back(c);
  }
  return *this;
}

json_writer& json_writer::number(std::int64_t value) {
  return raw(std::to_string(value));
}

json_writer& json_writer::milliseconds(std::int64_t nanos) {
  const std::int64_t tenths = nanos / 100'000;
  return raw(std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10));
}

json_writer& json_writer::boolean(bool value) {
  return raw(value ? "true" : "false");
}

json_writer& json_writer::null() {
  return raw("null");
}

}  // namespace lambda_cache::cli
