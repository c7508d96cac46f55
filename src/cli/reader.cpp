#include "cli/reader.hpp"

#include "wiring/read_operation.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace lambda_cache::cli {
namespace {

timespec remaining(core::deadline until) {
  const auto left = until - std::chrono::steady_clock::now();
  const auto nanos =
      std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(left).count(), 0);
  return {nanos / core::second, nanos % core::second};
}

core::result<wiring::value_ptr> seen(const wanted& as, cache::outcome& got) {
  if (got.ok()) return wiring::look_at(as.view, got.value->as<core::value_data>(), as.asked.given);
  return core::fail(std::move(*got.failure));
}

}  // namespace

bool wait_for(int descriptor, core::deadline until, const interrupts& by) {
  pollfd watched[] = {{by.descriptor(), POLLIN, 0}, {descriptor, POLLIN, 0}};
  const timespec left = until == core::no_deadline ? timespec{} : remaining(until);
  ::ppoll(watched, descriptor < 0 ? 1 : 2, until == core::no_deadline ? nullptr : &left, nullptr);
  return by.signal() == 0;
}

reader::reader(std::shared_ptr<wiring::wired_cache> in, std::vector<wanted> all)
    : cache_(std::move(in)),
      all_(std::move(all)),
      arrived_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (arrived_ < 0) throw std::bad_alloc();
}

reader::~reader() {
  ::close(arrived_);
}

std::optional<reader::readings> reader::read(const interrupts& by) {
  readings out(all_.size());
  std::vector<wiring::read_item> items;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    auto bound = cache_->bind(all_[i].spec);
    if (!bound) {
      out[i] = core::fail(std::move(bound.error()));
      continue;
    }
    items.push_back(bound->read(core::no_deadline, 0));
    places.push_back(i);
  }
  if (items.empty()) return out;
  const auto reading = wiring::read_operation::start(*cache_, std::move(items), arrived_);
  while (!reading->poll()) {
    if (!wait_for(arrived_, reading->next_wake(), by)) {
      reading->give_up();
      return std::nullopt;
    }
    std::uint64_t count = 0;
    [[maybe_unused]] const auto drained = ::read(arrived_, &count, sizeof count);
  }
  for (std::size_t n = 0; n < places.size(); ++n)
    out[places[n]] = seen(all_[places[n]], reading->outcomes()[n]);
  return out;
}

}  // namespace lambda_cache::cli
