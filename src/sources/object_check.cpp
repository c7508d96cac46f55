#include "sources/object_check.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::sources {
namespace {

constexpr std::size_t slice = std::size_t{256} << 10;
constexpr int slices_per_step = 16;

}  // namespace

object_check::object_check(object_target& target, aws::object_checksum expected,
                           std::vector<std::uint64_t> part_ends)
    : target_(target),
      expected_(std::move(expected)),
      part_ends_(std::move(part_ends)),
      buffer_(slice),
      of_part_(expected_.algorithm),
      of_digests_(expected_.algorithm) {}

core::result<std::optional<object_check::verdict>> object_check::step() {
  for (int i = 0; i < slices_per_step && part_ < part_ends_.size(); ++i) {
    const std::uint64_t end = part_ends_[part_];
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(slice, end - at_));
    if (want > 0) {
      const auto got = target_.read(at_, buffer_.data(), want);
      if (!got) return core::fail(got.error());
      if (*got < want) return verdict::wrong;
      of_part_.update({buffer_.data(), want});
      at_ += want;
    }
    if (at_ < end) continue;
    ++part_;
    if (expected_.parts == 0) break;
    of_digests_.update(of_part_.digest());
    of_part_ = aws::checksum(expected_.algorithm);
  }
  if (part_ < part_ends_.size()) return std::nullopt;
  const std::string found = expected_.parts == 0 ? of_part_.digest() : of_digests_.digest();
  return found == expected_.digest ? verdict::right : verdict::wrong;
}

}  // namespace lambda_cache::sources
