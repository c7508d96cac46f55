// Of a download: comparing what came with the checksum that S3 keeps.
#include "sources/s3_download.hpp"
#include "sources/s3_streams.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::sources {
namespace {

/// Asking where each part is takes a call each; beyond this, size and If-Match have to do.
constexpr std::uint32_t most_probed_parts = 1000;

}  // namespace

void s3_download::verify() {
  const auto& expected = head_->checksum;
  if (!expected) return commit();
  if (expected->parts > 1) return probe(1);
  if (!first_->crc()) return verify_by_reading({*head_->size});
  std::ranges::sort(others_, {}, [](const auto& other) { return other->first_byte(); });
  aws::checksum whole(expected->algorithm);
  whole.append(*first_->crc(), first_->size());
  for (const auto& other : others_)
    whole.append(*other->crc(), other->size());
  judge(whole.digest() == expected->digest);
}

/// Learns where a part ends. Uploads have parts of one size, mostly: the first part's size is taken
/// for that of all, and only if the checksum is not right then the others are asked for, too.
void s3_download::probe(std::uint32_t part) {
  s3_get::plan what;
  what.if_match = head_->etag;
  what.part_number = part;
  probe_ = std::make_unique<part_probe>();
  probe_->get = std::make_shared<s3_get>(tools_, settings_, object_, regions_, std::move(what),
                                         *probe_, [this] { return flight_->max_attempts(); });
  probe_->get->start([this, part](s3_get::answer got) { guarded([&] { on_probe(part, got); }); });
}

void s3_download::on_probe(std::uint32_t part, s3_get::answer& got) {
  if (got.how == s3_get::ending::replaced) return (void)stopped_by(got);
  const auto range = std::exchange(probe_->range, {});
  const std::uint64_t size = *head_->size;
  const std::uint64_t begin = part_ends_.empty() ? 0 : part_ends_.back();
  const std::uint32_t parts = head_->checksum->parts;
  // It would say it, but not now: nothing is published unchecked for that.
  if (!range && got.why.retryable) return fail(std::move(got.why));
  // A store that cannot say it: what is known has to do.
  if (!range || range->total != size || range->begin != begin || range->end > size) return commit();
  if (part == 1 && !ends_are_guessed_) {
    const std::uint64_t each = range->end;
    if ((size + each - 1) / each == parts) {
      ends_are_guessed_ = true;
      std::vector<std::uint64_t> ends;
      for (std::uint64_t end = each; end < size; end += each)
        ends.push_back(end);
      ends.push_back(size);
      return verify_by_reading(std::move(ends));
    }
  }
  part_ends_.push_back(range->end);
  if (part == parts) {
    ends_are_guessed_ = false;
    return range->end == size ? verify_by_reading(std::exchange(part_ends_, {})) : commit();
  }
  if (part >= most_probed_parts) return commit();
  probe(part + 1);
}

void s3_download::verify_by_reading(std::vector<std::uint64_t> part_ends) {
  check_ = std::make_unique<object_check>(*target_, *head_->checksum, std::move(part_ends));
  read_on();
}

void s3_download::read_on() {
  auto found = check_->step();
  if (!found) return fail(std::move(found.error()));
  if (*found) return judge(**found == object_check::verdict::right);
  tools_->loop.post([weak = weak_from_this()] {
    if (const auto self = weak.lock(); self && self->done_ && self->check_)
      self->guarded([&] { self->read_on(); });
  });
}

void s3_download::judge(bool right) {
  if (right) return commit();
  if (ends_are_guessed_ && head_->checksum->parts <= most_probed_parts &&
      head_->checksum->parts > 2) {
    // Perhaps the parts are not of one size. Each is asked for now; the guess is not made again.
    return probe(1);
  }
  error_info why = core::make_error(error_kind::protocol,
                                    "What came is not what S3 keeps: its " +
                                        std::string(aws::to_string(head_->checksum->algorithm)) +
                                        " checksum differs");
  // One more try: whatever changed a byte may not do it again.
  if (!std::exchange(was_wrong_, true)) return again();
  fail(std::move(why));
}

}  // namespace lambda_cache::sources
