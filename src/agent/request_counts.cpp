#include "agent/request_counts.hpp"

#include <algorithm>
#include <new>
#include <variant>

namespace lambda_cache::agent {
namespace {

request_label label_of_page(page which) noexcept {
  switch (which) {
    case page::ping:
      return request_label::ping;
    case page::health:
      return request_label::health;
    case page::metrics:
      return request_label::metrics;
    case page::status:
      return request_label::status;
    case page::status_data:
      break;
  }
  return request_label::status_data;
}

request_label label_of_read(subject what) noexcept {
  switch (what) {
    case subject::parameter:
      return request_label::parameter;
    case subject::parameters:
      return request_label::parameters;
    case subject::path:
      return request_label::path;
    case subject::secret:
      return request_label::secret;
    case subject::object:
      break;
  }
  return request_label::object;
}

}  // namespace

request_label label_of(const route& asked) noexcept {
  if (const page* which = std::get_if<page>(&asked)) return label_of_page(*which);
  if (const wanted* read = std::get_if<wanted>(&asked)) return label_of_read(read->what);
  return request_label::other;
}

std::string_view text_of(request_label label) noexcept {
  switch (label) {
    case request_label::ping:
      return "/ping";
    case request_label::health:
      return "/healthz";
    case request_label::metrics:
      return "/metrics";
    case request_label::status:
      return "/";
    case request_label::status_data:
      return "/status.json";
    case request_label::parameter:
      return "/systemsmanager/parameters/get";
    case request_label::parameters:
      return "/systemsmanager/parameters/get-many";
    case request_label::path:
      return "/systemsmanager/parameters/by-path";
    case request_label::secret:
      return "/secretsmanager/get";
    case request_label::object:
      return "/s3/get";
    case request_label::other:
      break;
  }
  return "other";
}

bool is_read(request_label label) noexcept {
  return label >= request_label::parameter;
}

void histogram::add(core::nanos took) noexcept {
  // A time equal to an end belongs below it ("le").
  const auto* const at = std::ranges::lower_bound(ends, took);
  ++counts[static_cast<std::size_t>(at - ends.begin())];
  ++count;
  sum += took;
}

void request_counts::count(request_label label, const response& answer, core::nanos took) noexcept {
  ++total_;
  if (is_read(label))
    times_[static_cast<std::size_t>(answer.from)].add(std::max<core::nanos>(took, 0));
  try {
    ++answers_[static_cast<std::size_t>(label)][answer.status];
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): this one is not counted
  }
}

}  // namespace lambda_cache::agent
