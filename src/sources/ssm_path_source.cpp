#include "sources/ssm_path_source.hpp"

#include "aws/text.hpp"
#include "core/caught.hpp"
#include "core/value_data.hpp"
#include "sources/agent_source.hpp"

#include <algorithm>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace lambda_cache::sources {
namespace {

constexpr const char* operation = "GetParametersByPath";

error_info broken(const std::string& path, error_kind kind, const std::string& why) {
  error_info info = core::make_error(kind, "Reading " + path + " failed: " + why);
  info.service = "ssm";
  info.operation = operation;
  info.name = path;
  return info;
}

/// A token that the service does not take any more: what it stood for has changed.
bool lost_its_place(const service_call::answer& got) {
  return !got.result && got.result.error().code == "InvalidNextToken";
}

}  // namespace

/// One flight under way.
struct ssm_path_source::reading {
  cache::flight_ptr flight;
  aws::parameter_path asked;
  std::shared_ptr<service_call> call;
  std::optional<aws::parameter_page> page;  // of the call under way, once it is answered
  std::map<std::string, core::value_data, std::less<>> found;
  std::size_t bytes = 0;
  std::size_t pages = 0;
  std::string token;
  std::set<std::string, std::less<>> tokens;  // that were given so far
  core::instant request_start{};              // of the first page
  bool started_over = false;
  bool abandoned = false;  // nobody waits any more: no further page
};

struct ssm_path_source::state {
  std::unordered_map<std::uint64_t, std::weak_ptr<reading>> readings;  // by flight
};

ssm_path_source::ssm_path_source(cache::engine& engine, std::shared_ptr<tools> with,
                                 service_settings settings, bool decrypt, aws::parameter_path what,
                                 path_limits limits)
    : engine_(engine),
      settings_(std::move(settings)),
      decrypt_(decrypt),
      what_(std::move(what)),
      limits_(limits),
      tools_(std::move(with)),
      state_(std::make_unique<state>()) {}

ssm_path_source::~ssm_path_source() = default;

void ssm_path_source::close() noexcept {
  for (const auto& [flight, each] : state_->readings)
    if (const auto open = each.lock(); open && open->call) open->call->close();
  tools_.reset();
}

void ssm_path_source::after_fork_in_child(std::shared_ptr<tools> with) {
  ::new (&tools_) std::shared_ptr<tools>(std::move(with));  // the old ones are left, not destroyed
  (void)state_.release();
  state_ = std::make_unique<state>();
}

void ssm_path_source::fetch(std::vector<cache::flight_ptr> wanted) {
  for (const auto& flying : wanted) {
    try {
      const auto made = std::make_shared<reading>();
      made->asked = what_;
      made->asked.path = flying->target()->locator;
      made->flight = flying;
      state_->readings[made->flight->id()] = made;
      ask(made);
    } catch (...) {
      abort(flying);
    }
  }
}

void ssm_path_source::abandon(const cache::flight_ptr& flight) noexcept {
  const auto found = state_->readings.find(flight->id());
  if (found == state_->readings.end()) return;
  const auto open = found->second.lock();
  if (!open) return;
  open->abandoned = true;
  if (open->call) open->call->abandon(flight->id());
}

/// The page that the reading's token stands for. The call keeps the reading.
void ssm_path_source::ask(const std::shared_ptr<reading>& of) {
  of->page.reset();
  of->call = std::make_shared<service_call>(
      tools_, settings_, std::vector{of->flight},
      settings_.agent
          ? agent_path_request(of->asked, decrypt_)
          : json_request("AmazonSSM", operation,
                         aws::encode_get_parameters_by_path(of->asked, decrypt_, of->token)),
      [weak = std::weak_ptr(of)](std::string_view body) -> core::result<void> {
        auto page = aws::decode_get_parameters_by_path(body);
        if (!page) return core::fail(std::move(page.error()));
        if (const auto open = weak.lock()) open->page = std::move(*page);
        return {};
      });
  of->call->start([this, of](const service_call::answer& got) { answered(of, got); });
}

void ssm_path_source::answered(const std::shared_ptr<reading>& of,
                               const service_call::answer& got) noexcept {
  try {
    take_answer(of, got);
  } catch (...) {
    abort(of->flight);
  }
}

void ssm_path_source::take_answer(const std::shared_ptr<reading>& of,
                                  const service_call::answer& got) {
  if (lost_its_place(got) && of->pages > 0 && !of->started_over && !of->abandoned) {
    of->started_over = true;
    of->found.clear();
    of->tokens.clear();
    of->token.clear();
    of->bytes = of->pages = 0;
    return ask(of);
  }
  const std::string& path = of->asked.path;
  if (of->abandoned && got.result)
    return fail(*of, broken(path, error_kind::cancelled, "nobody waits for it any more."));
  if (!got.result) return fail(*of, of->call->error_for(got, path));
  if (of->pages++ == 0) of->request_start = got.request_start;
  if (auto taken = take(*of, std::move(*of->page)); !taken) {
    taken.error().request_id = got.request_id;
    taken.error().http_status = got.status;
    return fail(*of, taken.error());
  }
  if (!of->token.empty()) return ask(of);
  if (got.stale)
    complete(*of, of->call->error_for(got, path));
  else
    complete(*of, std::nullopt);
}

/// Adds a page to what was found. Errors: protocol; rejected where it is more than is kept.
core::result<void> ssm_path_source::take(reading& of, aws::parameter_page page) const {
  const std::string& path = of.asked.path;
  for (aws::parameter& each : page.found) {
    const std::string_view name = aws::name_below(path, each.name);
    if (name.empty())
      return core::fail(broken(path, error_kind::protocol,
                               "the answer holds " + aws::text::quoted(each.name) +
                                   ", which is not below that path: is the endpoint really SSM?"));
    of.bytes += each.value.footprint() + name.size();
    const auto [at, is_new] = of.found.try_emplace(std::string(name));
    // Parameters that are written meanwhile may come again on a later page.
    if (is_new || at->second.version <= each.value.version) at->second = std::move(each.value);
  }
  if (!page.next_token.empty() && !of.tokens.insert(page.next_token).second)
    return core::fail(broken(path, error_kind::protocol,
                             "the service gave the same NextToken twice, so that there is no end "
                             "to its pages."));
  of.token = std::move(page.next_token);
  const bool too_many_pages = !of.token.empty() && of.pages >= limits_.pages;
  if (too_many_pages || of.found.size() > limits_.parameters || of.bytes > limits_.bytes)
    return core::fail(broken(
        path, error_kind::rejected,
        "it holds more than " + std::to_string(limits_.parameters) + " parameters, " +
            std::to_string(limits_.pages) + " pages or " + std::to_string(limits_.bytes >> 20) +
            " MiB. Read a path further down, one level of it, or give filters."));
  return {};
}

void ssm_path_source::abort(const cache::flight_ptr& flight) noexcept {
  state_->readings.erase(flight->id());
  engine_.abort(flight, core::caught(), core::current_moment());
}

void ssm_path_source::fail(const reading& of, const error_info& why) {
  state_->readings.erase(of.flight->id());
  engine_.fail(of.flight, why, core::current_moment());
}

void ssm_path_source::complete(reading& of, const std::optional<error_info>& stale) {
  core::value_data whole;
  whole.kind = core::value_kind::several;
  whole.members.reserve(of.found.size());
  for (auto& [name, data] : of.found)  // sorted by name
    whole.members.push_back(
        {name, Value(std::make_shared<const core::value_data>(std::move(data)))});
  auto value = std::make_shared<const core::value_data>(std::move(whole));
  const std::size_t bytes = value->footprint();
  state_->readings.erase(of.flight->id());
  if (stale) {
    auto older = cache::snapshot{std::move(value), bytes, of.request_start, false, 0};
    return engine_.fail(of.flight, *stale, core::current_moment(),
                        std::make_shared<const cache::snapshot>(std::move(older)));
  }
  engine_.complete(of.flight,
                   {.value = std::move(value), .bytes = bytes, .request_start = of.request_start},
                   core::current_moment());
}

}  // namespace lambda_cache::sources
