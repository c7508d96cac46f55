// The services as the test kit plays them: values, failures and a record of the calls.
#pragma once

#include "core/mutex.hpp"
#include "sources/fake_objects.hpp"
#include "sources/fake_store.hpp"
#include "sources/stand_in.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambda_cache::sources {

struct fake_call {
  std::string service;
  std::string operation;
  std::vector<std::string> names;  // as asked for
};

/// Which reads something is about: empty members stand for every one.
struct fake_scope {
  std::string service;
  std::string name;

  [[nodiscard]] bool covers(std::string_view of_service, std::string_view asked) const;
};

struct fake_failure {
  fake_scope scope;
  error_kind kind = error_kind::throttled;
  std::string code;          // the service's; empty: one that fits the kind, or no answer at all
  std::optional<int> times;  // fetches that fail; none: until recover()
};

/// Answers flights at once, in the order in which they come, in calls as the services would get
/// them. Thread-safe. The engine is never called with the lock held.
class fake_services final : public stand_in, public std::enable_shared_from_this<fake_services> {
 public:
  fake_services();
  ~fake_services() override;

  /// What the stores do, under the lock.
  template <class Work>
  auto with_parameters(Work work) {
    const core::lock_guard lock(mutex_);
    return work(parameters_);
  }
  template <class Work>
  auto with_secrets(Work work) {
    const core::lock_guard lock(mutex_);
    return work(secrets_);
  }
  template <class Work>
  auto with_objects(Work work) {
    const core::lock_guard lock(mutex_);
    return work(objects_);
  }

  /// The newest failure counts. Errors (invalid_argument): a kind that no source fails with, times
  /// less than 1.
  core::result<void> fail(fake_failure how);
  /// Ends every failure of exactly that scope; of all if it is empty.
  void recover(const fake_scope& scope);
  /// What is asked for from now on gets no answer before release().
  void hang(fake_scope scope);
  /// Ends such a hang (all if the scope is empty) and answers what waited in it, before it returns.
  void release(const fake_scope& scope);

  [[nodiscard]] std::vector<fake_call> calls() const;
  [[nodiscard]] std::size_t count_calls(const fake_scope& scope) const;
  void forget_calls();
  /// Waits in real time until that many calls have asked for it; whether they have.
  [[nodiscard]] bool wait_for_calls(std::size_t count, const fake_scope& scope,
                                    core::deadline until) const
      LC_THREAD(no_thread_safety_analysis);

  /// Whether reads are answered. While not, they fail as cancelled, also those that hang.
  void open();
  void close();

  std::shared_ptr<remote_source> make(cache::engine& engine, stand_in_part part) override;
  [[nodiscard]] std::uint64_t call_count() const override;
  void before_fork() override LC_THREAD(no_thread_safety_analysis);
  void after_fork_in_parent() override LC_THREAD(no_thread_safety_analysis);
  void after_fork_in_child() override LC_THREAD(no_thread_safety_analysis);

 private:
  class source;
  struct asked;
  struct settlement;

  [[nodiscard]] std::size_t matching_calls(const fake_scope& scope) const LC_REQUIRES(mutex_);
  void answer(source& from, std::vector<cache::flight_ptr> flights);
  void abandon(const cache::flight_ptr& flight) noexcept;
  void drop_all_of(const source& from);
  void set_progress(source& from, const cache::entry& of, progress_callback tell);
  void record(const std::vector<asked>& all) LC_REQUIRES(mutex_);
  [[nodiscard]] bool hangs_now(const asked& what) const LC_REQUIRES(mutex_);
  [[nodiscard]] settlement settle(asked what) LC_REQUIRES(mutex_);
  [[nodiscard]] std::optional<error_info> failure_for(const asked& what) LC_REQUIRES(mutex_);
  [[nodiscard]] settlement find(asked what) const LC_REQUIRES(mutex_);
  [[nodiscard]] settlement find_object(asked what) const LC_REQUIRES(mutex_);
  static void deliver(std::vector<settlement>& all);

  mutable core::mutex mutex_;
  mutable std::condition_variable called_;
  fake_parameters parameters_ LC_GUARDED_BY(mutex_);
  fake_secrets secrets_ LC_GUARDED_BY(mutex_);
  fake_objects objects_ LC_GUARDED_BY(mutex_);
  std::vector<fake_failure> failures_ LC_GUARDED_BY(mutex_);
  std::vector<fake_scope> hangs_ LC_GUARDED_BY(mutex_);
  std::vector<asked> waiting_ LC_GUARDED_BY(mutex_);
  std::vector<fake_call> calls_ LC_GUARDED_BY(mutex_);
  std::uint64_t call_count_ LC_GUARDED_BY(mutex_) = 0;
  bool is_open_ LC_GUARDED_BY(mutex_) = true;
  int forks_ = 0;  // caches that are about to fork; by the thread that forks only
};

}  // namespace lambda_cache::sources
