// The connections of one download.
#pragma once

#include "sources/s3_download.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace lambda_cache::sources {

/// One connection's share: bytes in order, from somewhere on.
class s3_download::stream final : public s3_get::receiver {
 public:
  stream(s3_download& owner, bool is_first, std::uint64_t begin)
      : owner_(owner), is_first_(is_first), begin_(begin) {
    // The others know the checksum already, the first learns it from its head.
    if (!is_first_) watch_checksum();
  }
  ~stream() {
    if (get) get->cancel();
  }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  core::result<void> begin(const aws::object_head& head, std::uint64_t from) override {
    if (!is_first_) return {};
    auto fine = owner_.on_head(head, from);
    if (fine) watch_checksum();
    return fine;
  }
  core::result<void> write(std::uint64_t offset, std::string_view bytes) override {
    if (auto written = owner_.target_->write(offset, bytes); !written) return written;
    if (crc_) crc_->update(bytes);
    owner_.count(bytes.size());
    return {};
  }

  [[nodiscard]] std::uint64_t first_byte() const noexcept { return begin_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return get->reached() - begin_; }
  [[nodiscard]] const std::optional<aws::checksum>& crc() const noexcept { return crc_; }

  std::shared_ptr<s3_get> get;
  bool is_complete = false;

 private:
  void watch_checksum() {
    const auto& expected = owner_.head_->checksum;
    if (expected && expected->parts == 0 && aws::is_crc(expected->algorithm))
      crc_.emplace(expected->algorithm);
  }

  s3_download& owner_;
  bool is_first_;
  std::uint64_t begin_;
  std::optional<aws::checksum> crc_;
};

/// Asks where a part is and takes no byte of it.
class s3_download::part_probe final : public s3_get::receiver {
 public:
  ~part_probe() {
    if (get) get->cancel();
  }
  core::result<void> begin(const aws::object_head& head, std::uint64_t) override {
    range = head.range;
    return core::fail(core::make_error(error_kind::cancelled, "known"));
  }
  core::result<void> write(std::uint64_t, std::string_view) override { return {}; }

  std::shared_ptr<s3_get> get;
  std::optional<aws::byte_range> range;
};

}  // namespace lambda_cache::sources
