#include "sources/object_target.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::sources {
namespace {

void describe(core::object_data& value, const aws::object_head& head, std::uint64_t size) {
  value.etag = head.etag;
  if (head.version_id != "null") value.version_id = head.version_id;
  value.type = head.content_type;
  value.size = size;
}

class file_target final : public object_target {
 public:
  file_target(std::string path, std::string owner)
      : path_(std::move(path)), owner_(std::move(owner)) {}

  core::result<void> begin(std::optional<std::uint64_t> size) override {
    auto made = new_file::create(path_.substr(0, path_.rfind('/')));
    if (!made) return core::fail(std::move(made.error()));
    file_ = std::move(*made);
    return size ? file_->reserve(*size) : core::result<void>();
  }
  core::result<void> write(std::uint64_t offset, std::string_view bytes) override {
    return file_->write(offset, bytes);
  }
  core::result<std::size_t> read(std::uint64_t offset, char* into, std::size_t size) override {
    return file_->read(offset, into, size);
  }
  core::result<std::shared_ptr<core::object_data>> finish(const aws::object_head& head,
                                                          std::uint64_t size) override {
    auto stamp = file_->publish(path_, size, owner_, head.etag);
    if (!stamp) return core::fail(std::move(stamp.error()));
    auto value = std::make_shared<core::object_data>();
    describe(*value, head, size);
    value->kind = core::value_kind::file;
    value->content.assign(path_.begin(), path_.end());
    value->stamp = *stamp;
    value->owner = owner_;
    return value;
  }
  void let_go() noexcept override {
    if (file_) file_->let_go();
  }

 private:
  std::string path_;
  std::string owner_;
  std::unique_ptr<new_file> file_;
};

class memory_target final : public object_target {
 public:
  explicit memory_target(std::uint64_t most) : most_(most) {}

  core::result<void> begin(std::optional<std::uint64_t> size) override {
    if (!size) return {};
    if (*size > most_) return core::fail(too_large(std::to_string(*size)));
    content_.resize(static_cast<std::size_t>(*size));
    return {};
  }
  core::result<void> write(std::uint64_t offset, std::string_view bytes) override {
    const std::uint64_t end = offset + bytes.size();
    if (end > most_) return core::fail(too_large("more than " + std::to_string(most_)));
    if (end > content_.size()) content_.resize(static_cast<std::size_t>(end));
    std::ranges::copy(bytes, content_.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }
  core::result<std::size_t> read(std::uint64_t offset, char* into, std::size_t size) override {
    if (offset >= content_.size()) return 0;
    const std::size_t count = std::min(size, content_.size() - static_cast<std::size_t>(offset));
    std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(offset), count, into);
    return count;
  }
  core::result<std::shared_ptr<core::object_data>> finish(const aws::object_head& head,
                                                          std::uint64_t size) override {
    auto value = std::make_shared<core::object_data>();
    describe(*value, head, size);
    value->kind = core::value_kind::bytes;
    value->content = std::move(content_);
    return value;
  }

 private:
  [[nodiscard]] error_info too_large(const std::string& bytes) const {
    return core::make_error(
        error_kind::rejected,
        "It has " + bytes + " bytes, and the cache keeps " + std::to_string(most_) +
            " at most in memory (max_bytes). Raise that limit, or take the object as a file.");
  }

  std::uint64_t most_;
  core::secret_bytes content_;
};

}  // namespace

std::unique_ptr<object_target> make_file_target(std::string path, std::string owner) {
  return std::make_unique<file_target>(std::move(path), std::move(owner));
}

std::unique_ptr<object_target> make_memory_target(std::uint64_t most) {
  return std::make_unique<memory_target>(most);
}

}  // namespace lambda_cache::sources
