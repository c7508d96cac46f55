// One read of one object: a conditional GET, and what it takes to have all of it if it changed.
//
// The first answer brings the object from its beginning. Of a large one, other connections bring
// parts from its end at the same time, until the two meet: so nothing has to be known before the
// first answer, a small object is one call, and the checksum of the whole comes with that call.
// All other calls carry If-Match, so what is put together is of one content.
//
// What came is compared with the checksum that S3 keeps: CRCs as the bytes come, hashes and
// checksums of checksums ("...-N", of the parts of an upload) by reading what was written. Where S3
// keeps none, or does not say where the parts are, size and If-Match have to do.
#pragma once

#include "cache/flight.hpp"
#include "core/caught.hpp"
#include "core/object_data.hpp"
#include "sources/object_check.hpp"
#include "sources/object_target.hpp"
#include "sources/remote_source.hpp"
#include "sources/s3_get.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace lambda_cache::sources {

/// I/O thread only. Lives until its handler has been called, or cancel(). What is thrown on the way
/// is a passing failure; by start(), before anything is under way but for what cancel() ends. The
/// handler throws nothing.
class s3_download : public std::enable_shared_from_this<s3_download> {
 public:
  struct answer {
    core::result<std::shared_ptr<const core::object_data>> value;
    core::instant request_start{};
  };
  using handler = std::move_only_function<void(answer)>;

  /// `settings` and `regions` must outlive it. `base` is the value from before, or null.
  s3_download(std::shared_ptr<tools> with, const s3_settings& settings, s3_object object,
              bucket_regions& regions, cache::flight_ptr flight,
              std::shared_ptr<const core::object_data> base, progress_callback progress);
  ~s3_download();

  /// `done` is called once, never from inside start().
  void start(handler done);
  /// Ends it without a call of the handler; what was written is gone.
  void cancel() noexcept;
  /// The same when the I/O thread has ended.
  void close() noexcept;
  /// In the child of a fork: closes the file, which is the parent's, and no more.
  void let_go() noexcept;

 private:
  class stream;
  class part_probe;

  /// What a step throws ends the download.
  template <class Step>
  void guarded(Step step) noexcept {
    const auto self = shared_from_this();
    try {
      step();
    } catch (...) {
      fail(core::caught());
    }
  }
  void choose_base(std::shared_ptr<const core::object_data> before);
  void begin();
  void again();
  void drop_streams() noexcept;
  core::result<void> on_head(const aws::object_head& head, std::uint64_t from);
  void count(std::uint64_t bytes);
  void add_streams();
  void on_first(s3_get::answer got);
  void on_part(stream& of, s3_get::answer got);
  bool stopped_by(s3_get::answer& got);
  void check_if_all_there();
  void verify();
  void probe(std::uint32_t part);
  void on_probe(std::uint32_t part, s3_get::answer& got);
  void verify_by_reading(std::vector<std::uint64_t> part_ends);
  void read_on();
  void judge(bool right);
  void commit();
  void unchanged(const core::instant& request_start);
  void watch_deadline();
  void deliver(answer result);
  void fail(error_info why) noexcept;
  [[nodiscard]] error_info named(error_info why) const;

  std::shared_ptr<tools> tools_;
  const s3_settings& settings_;
  const s3_object object_;
  bucket_regions& regions_;
  const cache::flight_ptr flight_;
  const progress_callback progress_;
  const std::string owner_;
  handler done_;
  net::io_loop::timer_id timer_ = 0;

  std::shared_ptr<const core::object_data> base_;
  int restarts_ = 0;
  bool was_wrong_ = false;

  // Of the present try:
  std::unique_ptr<object_target> target_;
  std::optional<aws::object_head> head_;
  core::instant request_start_{};
  std::unique_ptr<stream> first_;
  std::vector<std::unique_ptr<stream>> others_;
  std::uint64_t frontier_ = 0;  // others bring what is behind it
  std::uint64_t came_ = 0;
  std::unique_ptr<part_probe> probe_;
  std::vector<std::uint64_t> part_ends_;
  bool ends_are_guessed_ = false;
  std::unique_ptr<object_check> check_;
  core::deadline told_at_{};
};

}  // namespace lambda_cache::sources
