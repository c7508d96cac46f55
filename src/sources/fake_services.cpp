#include "sources/fake_services.hpp"

#include "aws/secrets_codec.hpp"
#include "aws/service_error.hpp"
#include "aws/ssm_codec.hpp"

#include <algorithm>
#include <iterator>
#include <new>

namespace lambda_cache::sources {
namespace {

/// How a service is called for one name and for several.
struct operations {
  std::string_view one = "Get";
  std::string_view several = "Get";
  std::size_t most_names = 1;
};

operations operations_of(std::string_view service) {
  if (service == "ssm") return {"GetParameter", "GetParameters", aws::max_names_per_call};
  if (service == "secretsmanager")
    return {"GetSecretValue", "BatchGetSecretValue", aws::max_secrets_per_call};
  return {};
}

/// A version of a secret is asked for alone.
bool goes_with_others(std::string_view locator) {
  return locator.find('#') == std::string_view::npos;
}

/// The code that a service gives for a kind; empty where it gives no answer.
std::string_view code_for(error_kind kind, std::string_view service) {
  switch (kind) {
    case error_kind::not_found:
      return service == "ssm" ? "ParameterNotFound" : "ResourceNotFoundException";
    case error_kind::access_denied:
      return "AccessDeniedException";
    case error_kind::decryption:
      return service == "ssm" ? "InvalidKeyId" : "DecryptionFailure";
    case error_kind::rejected:
      return "ValidationException";
    case error_kind::credentials:
      return "UnrecognizedClientException";
    case error_kind::throttled:
      return "ThrottlingException";
    case error_kind::service:
      return "InternalServerError";
    default:
      return {};
  }
}

std::string_view words_for(error_kind kind) {
  switch (kind) {
    case error_kind::timeout:
      return "the answer did not come in time";
    case error_kind::connection:
      return "the endpoint could not be reached";
    case error_kind::tls:
      return "the endpoint's certificate was refused";
    default:
      return "the answer was not understood";
  }
}

/// As the service, or what lies on the way to it, would fail.
error_info failed(error_kind kind, std::string_view code, std::string_view message,
                  std::string_view service, std::string_view operation, const std::string& name) {
  if (code.empty()) code = code_for(kind, service);
  if (!code.empty()) {
    error_info why = aws::classify(code, message, service, operation, name);
    constexpr int in_trouble = 500;
    constexpr int refused = 400;
    why.http_status = why.kind == error_kind::service ? in_trouble : refused;
    return why;
  }
  std::string text = "Reading " + name + " failed: ";
  text.append(words_for(kind)).append(" (").append(message).append(").");
  error_info why = core::make_error(kind, std::move(text));
  why.service = service;
  why.operation = operation;
  why.name = name;
  return why;
}

bool covers(const fake_scope& scope, std::string_view service, std::string_view locator) {
  return (scope.service.empty() || scope.service == service) &&
         (scope.name.empty() || means(service, scope.name, locator));
}

bool same(const fake_scope& one, const fake_scope& other) {
  return one.service == other.service && one.name == other.name;
}

bool is_everything(const fake_scope& scope) {
  return scope.service.empty() && scope.name.empty();
}

}  // namespace

/// One service in one region, for one cache.
class fake_services::source final : public remote_source,
                                    public std::enable_shared_from_this<source> {
 public:
  source(std::shared_ptr<fake_services> in, cache::engine& for_engine, std::string_view name,
         std::string of_region, bool decrypts)
      : engine(for_engine),
        service(name),
        region(std::move(of_region)),
        decrypt(decrypts),
        in_(std::move(in)) {}

  void fetch(std::vector<cache::flight_ptr> flights) override {
    in_->answer(*this, std::move(flights));
  }
  void abandon(const cache::flight_ptr& flight) override { in_->abandon(flight); }
  void close() noexcept override { in_->drop_all_of(*this); }
  void after_fork_in_child(std::shared_ptr<tools>) override {}  // the services see to it

  cache::engine& engine;
  const std::string_view service;
  const std::string region;
  const bool decrypt;

 private:
  const std::shared_ptr<fake_services> in_;
};

struct fake_services::asked {
  std::shared_ptr<source> from;
  cache::flight_ptr flight;
  std::string operation;
  core::instant at;  // when it was sent
};

struct fake_services::settlement {
  asked what;
  core::result<core::value_data> got;
};

fake_services::fake_services() = default;
fake_services::~fake_services() = default;

core::result<void> fake_services::fail(fake_failure how) {
  if (how.code.empty() && (how.kind == error_kind::invalid_argument ||
                           how.kind == error_kind::transform || how.kind == error_kind::cancelled))
    return core::fail(core::make_error(
        error_kind::invalid_argument,
        "No service fails with '" + std::string(to_string(how.kind)) +
            "': it is what the library says of a call, a value or a wait. Put a value that does "
            "not fit, or leave the wait."));
  if (how.times && *how.times < 1)
    return core::fail(
        core::make_error(error_kind::invalid_argument,
                         "times=" + std::to_string(*how.times) +
                             " has to be 1 or more; leave it out to fail until recover()."));
  const core::lock_guard lock(mutex_);
  failures_.push_back(std::move(how));
  return {};
}

void fake_services::recover(const fake_scope& scope) {
  const core::lock_guard lock(mutex_);
  std::erase_if(failures_, [&](const fake_failure& each) {
    return is_everything(scope) || same(each.scope, scope);
  });
}

void fake_services::hang(fake_scope scope) {
  const core::lock_guard lock(mutex_);
  hangs_.push_back(std::move(scope));
}

void fake_services::release(const fake_scope& scope) {
  std::vector<settlement> done;
  {
    const core::lock_guard lock(mutex_);
    std::erase_if(
        hangs_, [&](const fake_scope& each) { return is_everything(scope) || same(each, scope); });
    std::vector<asked> still;
    for (asked& each : waiting_) {
      const std::string& locator = each.flight->target()->locator;
      const bool hung = std::ranges::any_of(hangs_, [&](const fake_scope& hang) {
        return covers(hang, each.from->service, locator);
      });
      if (hung)
        still.push_back(std::move(each));
      else
        done.push_back(settle(std::move(each)));
    }
    waiting_ = std::move(still);
  }
  deliver(done);
}

std::vector<fake_call> fake_services::calls() const {
  const core::lock_guard lock(mutex_);
  return calls_;
}

void fake_services::forget_calls() {
  const core::lock_guard lock(mutex_);
  calls_.clear();
}

std::size_t fake_services::count_calls(const fake_scope& scope) const {
  const core::lock_guard lock(mutex_);
  return matching_calls(scope);
}

std::uint64_t fake_services::call_count() const {
  const core::lock_guard lock(mutex_);
  return call_count_;
}

std::size_t fake_services::matching_calls(const fake_scope& scope) const {
  return static_cast<std::size_t>(std::ranges::count_if(calls_, [&](const fake_call& call) {
    return std::ranges::any_of(
        call.names, [&](const std::string& name) { return covers(scope, call.service, name); });
  }));
}

bool fake_services::wait_for_calls(std::size_t count, const fake_scope& scope,
                                   core::deadline until) const {
  std::unique_lock lock(mutex_.native());
  while (matching_calls(scope) < count)
    if (called_.wait_until(lock, until) == std::cv_status::timeout)
      return matching_calls(scope) >= count;
  return true;
}

void fake_services::open() {
  const core::lock_guard lock(mutex_);
  is_open_ = true;
}

void fake_services::close() {
  std::vector<settlement> done;
  {
    const core::lock_guard lock(mutex_);
    is_open_ = false;
    hangs_.clear();
    for (asked& each : waiting_)
      done.push_back(settle(std::move(each)));
    waiting_.clear();
  }
  deliver(done);
}

std::shared_ptr<remote_source> fake_services::make(cache::engine& engine, std::string_view service,
                                                   const std::string& region, bool decrypt) {
  return std::make_shared<source>(shared_from_this(), engine, service, region, decrypt);
}

/// The calls that the service would get for these.
void fake_services::record(const source& from, const std::vector<asked>& waiting) {
  fake_call several;
  const auto finish = [&] {
    if (several.names.empty()) return;
    ++call_count_;
    calls_.push_back(std::exchange(several, {}));
  };
  const std::size_t most = operations_of(from.service).most_names;
  for (const asked& each : waiting) {
    const std::string& locator = each.flight->target()->locator;
    if (!goes_with_others(locator)) {
      ++call_count_;
      calls_.push_back({std::string(from.service), each.operation, {locator}});
      continue;
    }
    several.service = from.service;
    several.operation = each.operation;
    several.names.push_back(locator);
    if (several.names.size() == most) finish();
  }
  finish();
}

void fake_services::answer(source& from, std::vector<cache::flight_ptr> flights) {
  const operations how = operations_of(from.service);
  const core::instant now = core::now();
  std::size_t together = static_cast<std::size_t>(std::ranges::count_if(
      flights, [](const auto& each) { return goes_with_others(each->target()->locator); }));
  std::vector<asked> all;
  std::size_t place = 0;
  for (cache::flight_ptr& flying : flights) {
    std::string_view operation = how.one;
    if (goes_with_others(flying->target()->locator)) {
      // The last call may be left with one name.
      const bool alone = place % how.most_names == 0 && place + 1 == together;
      if (!alone && how.most_names > 1) operation = how.several;
      ++place;
    }
    all.push_back({from.shared_from_this(), std::move(flying), std::string(operation), now});
  }
  std::vector<settlement> done;
  {
    const core::lock_guard lock(mutex_);
    if (is_open_) record(from, all);
    for (asked& each : all) {
      const std::string& locator = each.flight->target()->locator;
      const bool hangs = is_open_ && std::ranges::any_of(hangs_, [&](const fake_scope& scope) {
                           return covers(scope, from.service, locator);
                         });
      if (hangs)
        waiting_.push_back(std::move(each));
      else
        done.push_back(settle(std::move(each)));
    }
    called_.notify_all();
  }
  deliver(done);
}

fake_services::settlement fake_services::settle(asked what) {
  const source& from = *what.from;
  const std::string& name = what.flight->target()->locator;
  if (!is_open_) {
    error_info why =
        core::make_error(error_kind::cancelled, "Reading " + name +
                                                    " was given up: the fake cloud that it was "
                                                    "asked of has been stopped.");
    why.name = name;
    return {std::move(what), core::fail(std::move(why))};
  }
  if (auto why = failure_for(from, name, what.operation))
    return {std::move(what), core::fail(std::move(*why))};
  fake_answer found = find(from, name);
  if (!found)
    return {what, core::fail(failed(error_kind::not_found, found.error().code,
                                    found.error().message, from.service, what.operation, name))};
  return {std::move(what), std::move(*found)};
}

std::optional<error_info> fake_services::failure_for(const source& from, const std::string& locator,
                                                     const std::string& operation) {
  const auto found = std::ranges::find_if(
      failures_.rbegin(), failures_.rend(),
      [&](const fake_failure& each) { return covers(each.scope, from.service, locator); });
  if (found == failures_.rend()) return std::nullopt;
  error_info why = failed(found->kind, found->code, "made to fail by the test", from.service,
                          operation, locator);
  if (found->times && --*found->times == 0) failures_.erase(std::next(found).base());
  return why;
}

fake_answer fake_services::find(const source& from, const std::string& locator) const {
  if (from.service == "ssm") return parameters_.find(locator, from.decrypt, from.region);
  if (from.service == "secretsmanager") return secrets_.find(locator, from.region);
  return std::unexpected(fake_refusal{
      "ValidationException", "the fake cloud does not play " + std::string(from.service) + " yet"});
}

void fake_services::deliver(std::vector<settlement>& all) {
  for (settlement& each : all) {
    cache::engine& engine = each.what.from->engine;
    const cache::flight_ptr& flight = each.what.flight;
    if (!each.got) {
      engine.fail(flight, each.got.error(), core::current_moment());
      continue;
    }
    auto value = std::make_shared<const core::value_data>(std::move(*each.got));
    const std::size_t bytes = value->footprint();
    engine.complete(flight,
                    {.value = std::move(value),
                     .bytes = bytes,
                     .request_start = each.what.at,
                     .pinned = flight->target()->pinned},
                    core::current_moment());
  }
}

void fake_services::abandon(const cache::flight_ptr& flight) {
  const core::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const asked& each) { return each.flight == flight; });
}

void fake_services::drop_all_of(const source& from) {
  const core::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const asked& each) { return each.from.get() == &from; });
}

void fake_services::before_fork() {
  if (forks_++ == 0) mutex_.lock();
}

void fake_services::after_fork_in_parent() {
  if (--forks_ == 0) mutex_.unlock();
}

void fake_services::after_fork_in_child() {
  if (--forks_ != 0) return;
  // Nobody of this process waits for these, nor for the calls.
  waiting_.clear();
  ::new (&called_) std::condition_variable();
  mutex_.unlock();
}

}  // namespace lambda_cache::sources
