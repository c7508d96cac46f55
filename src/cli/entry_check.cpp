#include "cli/entry_check.hpp"

#include "cli/reader.hpp"
#include "core/object_data.hpp"
#include "wiring/read_operation.hpp"
#include "wiring/wired_cache.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace lambda_cache::cli {
namespace {

/// Told on the cache's thread that bytes of an object have come.
struct first_bytes {
  explicit first_bytes(int tell) : to(tell) {}
  int to;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::atomic<core::nanos> after{0};  // 0: none yet
  std::atomic<std::uint64_t> size{0};

  void note(std::uint64_t total) {
    size.store(total, std::memory_order_relaxed);
    core::nanos none = 0;
    const core::nanos passed = (std::chrono::steady_clock::now() - start).count();
    after.compare_exchange_strong(none, std::max<core::nanos>(passed, 1));
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(to, &one, sizeof one);
  }
};

std::string bytes(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

std::string facts_of(const wanted& of, const core::value_data& value) {
  if (value.kind == core::value_kind::several) {
    const std::size_t count = value.members.size();
    return std::to_string(count) + (count == 1 ? " parameter" : " parameters");
  }
  if (of.asked.kind == name_kind::object)
    return bytes(static_cast<const core::object_data&>(value).size);
  std::string out = value.type;
  if (value.version != 0) out += ", version " + std::to_string(value.version);
  return out;
}

/// What is read, and by which operation.
class checking {
 public:
  checking(std::shared_ptr<wiring::wired_cache> in, std::vector<wanted> all)
      : cache_(std::move(in)),
        all_(std::move(all)),
        tell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (tell_ < 0) throw std::bad_alloc();
  }
  checking(const checking&) = delete;
  checking& operator=(const checking&) = delete;
  ~checking() {
    for (const part& each : parts_)
      each.reading->give_up();
    cache_.reset();  // and with it the thread that may still tell
    ::close(tell_);
  }

  void start() {
    std::vector<wiring::read_item> values;
    std::vector<std::size_t> places;
    out_.resize(all_.size());
    bound_.resize(all_.size());
    for (std::size_t i = 0; i < all_.size(); ++i) {
      out_[i].name = all_[i].asked.given;
      out_[i].optional = all_[i].optional;
      std::shared_ptr<first_bytes> came;
      if (all_[i].asked.kind == name_kind::object) {
        came = std::make_shared<first_bytes>(tell_);
        all_[i].spec.options.progress = [came](std::uint64_t, std::uint64_t total) {
          came->note(total);
        };
      }
      auto bound = cache_->bind(all_[i].spec);
      if (!bound) {
        out_[i].failure = std::move(bound.error());
        continue;
      }
      bound_[i] = std::move(*bound);
      wiring::read_item item = bound_[i].read(core::no_deadline, 0);
      if (came) {
        begin({std::move(item)}, {i}, std::move(came));
      } else {
        values.push_back(std::move(item));
        places.push_back(i);
      }
    }
    if (!values.empty()) begin(std::move(values), std::move(places), nullptr);
  }

  /// False if a signal came first.
  bool wait(const interrupts& by) {
    for (;;) {
      core::deadline next = core::no_deadline;
      bool done = true;
      for (part& each : parts_) {
        each.done = each.done || each.reading->poll();
        if (each.done || each.has_begun()) continue;
        done = false;
        next = std::min(next, each.reading->next_wake());
      }
      if (done) return true;
      if (!wait_for(tell_, next, by)) return false;
      std::uint64_t count = 0;
      [[maybe_unused]] const auto drained = ::read(tell_, &count, sizeof count);
    }
  }

  std::vector<entry_check> take() {
    for (part& each : parts_) {
      if (!each.done) each.reading->give_up();
      for (std::size_t n = 0; n < each.places.size(); ++n)
        settle(each.places[n], each, each.reading->outcomes()[n]);
    }
    return std::move(out_);
  }

 private:
  struct part {
    std::shared_ptr<wiring::read_operation> reading;
    std::vector<std::size_t> places;
    std::shared_ptr<first_bytes> came;  // of an object
    bool done = false;
    [[nodiscard]] bool has_begun() const { return came && came->after != 0; }
  };

  void begin(std::vector<wiring::read_item> items, std::vector<std::size_t> places,
             std::shared_ptr<first_bytes> came) {
    parts_.push_back({wiring::read_operation::start(*cache_, std::move(items), tell_),
                      std::move(places), std::move(came)});
  }

  void settle(std::size_t at, const part& of, cache::outcome& got) {
    entry_check& to = out_[at];
    if (!of.done) {
      to.facts = bytes(of.came->size);
      to.took = of.came->after;
    } else if (got.ok()) {
      const auto value = got.value->as<core::value_data>();
      to.facts = facts_of(all_[at], *value);
      to.held = value->members.size();
      to.took = time_of(bound_[at].entry);
    } else {
      to.failure = std::move(*got.failure);
    }
  }

  [[nodiscard]] std::optional<core::nanos> time_of(const cache::entry_ptr& of) const {
    for (const cache::entry_report& each : cache_->engine().entries(core::now()))
      if (each.target == of) return each.counted.latency_total;
    return std::nullopt;
  }

  std::shared_ptr<wiring::wired_cache> cache_;
  std::vector<wanted> all_;
  std::vector<wiring::bound_entry> bound_;
  std::vector<entry_check> out_;
  std::vector<part> parts_;
  int tell_;
};

}  // namespace

std::optional<std::vector<entry_check>> check_entries(std::vector<wanted> all,
                                                      const interrupts& by) {
  checking these(std::make_shared<wiring::wired_cache>(client_config{}), std::move(all));
  these.start();
  if (!these.wait(by)) return std::nullopt;
  return these.take();
}

}  // namespace lambda_cache::cli
