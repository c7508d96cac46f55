#include "fake_handles.hpp"

#include "core/value_data.hpp"

#include <memory>
#include <utility>

namespace lambda_cache {
inline namespace v0 {

// What the library's upper part defines; this program is linked without it.
handle::handle(std::shared_ptr<wiring::handle_state> state) noexcept : state_(std::move(state)) {}

const Value* handle::peek() const noexcept {
  return state_->cached ? &*state_->cached : nullptr;
}

void handle::prefetch() const noexcept {
  test::prefetched.push_back(state_->name);
}

namespace detail {

bool prefetches_in_lambda() noexcept {
  return test::is_in_lambda;
}

struct open_reads {
  std::vector<result<Value>> results;
};

std::shared_ptr<open_reads> start_all(std::span<const handle> handles) {
  return std::make_shared<open_reads>(open_reads{get_all(handles)});
}

std::vector<result<Value>> finish_all(open_reads& reads) {
  return std::move(reads.results);
}

}  // namespace detail

std::vector<result<Value>> get_all(std::span<const handle> handles) {
  auto& round = test::rounds.emplace_back();
  std::vector<result<Value>> results;
  for (const handle& each : handles) {
    wiring::handle_state& state = *each.internals();
    round.push_back(state.name);
    results.push_back(state.fetch());
    if (results.back().has_value()) state.cached = *results.back();
  }
  return results;
}

}  // namespace v0

namespace test {
namespace {

Value make(std::string_view text, core::value_kind kind, std::string type) {
  auto data = std::make_shared<core::value_data>();
  data->kind = kind;
  data->content.assign(text.begin(), text.end());
  data->type = std::move(type);
  data->version = 7;
  return Value(std::move(data));
}

handle make(std::string name, std::optional<Value> cached, std::function<result<Value>()> fetch) {
  auto state = std::make_shared<wiring::handle_state>();
  state->name = std::move(name);
  state->cached = std::move(cached);
  state->fetch = std::move(fetch);
  return handle(std::move(state));
}

}  // namespace

Value make_value(std::string_view text) {
  return make(text, core::value_kind::text, "String");
}

Value make_list(std::string_view joined) {
  return make(joined, core::value_kind::text_list, "StringList");
}

Value make_several(std::vector<std::pair<std::string, Value>> members) {
  auto made = std::make_shared<core::value_data>();
  made->kind = core::value_kind::several;
  for (auto& [name, value] : members)
    made->members.push_back({std::move(name), std::move(value)});
  return Value(std::move(made));
}

error make_failure(error_kind kind, std::string message, std::string code) {
  error_info info;
  info.kind = kind;
  info.message = std::move(message);
  info.code = std::move(code);
  return error(std::move(info));
}

handle fetching(std::string name, std::string text) {
  return make(std::move(name), {}, [text = std::move(text)] { return result(make_value(text)); });
}

handle failing(std::string name, error failure) {
  return make(std::move(name), {},
              [failure = std::move(failure)] { return result<Value>(failure); });
}

handle cached(std::string name, std::string_view text) {
  return make(std::move(name), make_value(text), [] {
    return result<Value>(make_failure(error_kind::invalid_argument, "asked for what is cached"));
  });
}

binding single(std::string name, handle value) {
  binding made;
  made.items.push_back({std::move(name), std::move(value)});
  return made;
}

binding mapping(std::string entry_name, std::vector<binding::item> items) {
  binding made;
  made.items = std::move(items);
  made.entry_name = std::move(entry_name);
  return made;
}

}  // namespace test
}  // namespace lambda_cache
