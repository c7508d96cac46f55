#include "cli/get.hpp"

#include "cli/access.hpp"
#include "cli/output.hpp"
#include "cli/reader.hpp"
#include "cli/temporary_directory.hpp"
#include "cli/value_text.hpp"
#include "core/object_data.hpp"
#include "wiring/config.hpp"
#include "wiring/environment.hpp"

#include <filesystem>
#include <memory>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace lambda_cache::cli {
namespace {

// Of the one object that is kept as a file.
constexpr const char* file_name = "object";

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

wiring::view_options view_of(const get_request& request) {
  wiring::view_options out;
  out.field = request.field;
  if (request.transform == "json") out.how = transform::json;
  if (request.transform == "binary") out.how = transform::binary;
  if (request.transform == "auto") out.how = transform::automatic;
  if (out.how == transform::none && !out.field.empty()) out.how = transform::json;
  return out;
}

/// Whether the one object goes from file to output as it is.
bool is_streamed(const get_request& request) {
  return !request.json && request.field.empty() && request.transform.empty();
}

/// What is there already has to be a file: a device would be replaced, not written to.
core::result<void> check_output_file(const std::string& name) {
  std::error_code unknown;
  const auto there = std::filesystem::status(name, unknown);
  if (std::filesystem::path(name).filename().empty() || std::filesystem::is_directory(there))
    return refuse("--output '" + name + "' names no file.");
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there))
    return refuse("--output '" + name +
                  "' is no regular file: without --output the content goes to the standard "
                  "output.");
  return {};
}

/// Where the file is that a link leads to.
std::filesystem::path place_of(const std::string& name) {
  std::error_code unknown;
  auto place = std::filesystem::canonical(name, unknown);
  return unknown ? std::filesystem::path(name) : place;
}

core::result<std::vector<wanted>> wanted_of(const get_request& request) {
  auto names = parse_names(request.names);
  if (!names) return core::fail(std::move(names.error()));
  std::vector<wanted> out;
  for (asked_name& each : *names) {
    wiring::entry_options options = entry_options_of(request.access);
    options.label = request.label;
    options.version_id = request.version_id;
    options.version_stage = request.version_stage;
    if (each.kind == name_kind::object) {
      if (names->size() > 1 && !request.json)
        return refuse(each.given +
                      " is an object, whose content is printed as it is: ask for it alone, or use "
                      "--json.");
      options.as_bytes = !is_streamed(request);
      if (!options.as_bytes) options.file_name = file_name;
    }
    auto made = make_wanted(std::move(each), std::move(options), view_of(request));
    if (!made) return core::fail(std::move(made.error()));
    out.push_back(std::move(*made));
  }
  const bool one_file = out.size() == 1 && !out.front().spec.file_name.empty();
  if (request.output_file && !one_file)
    return refuse("--output takes the content of one object (s3://bucket/key), as it is.");
  if (request.output_file)
    if (auto checked = check_output_file(*request.output_file); !checked)
      return core::fail(std::move(checked.error()));
  return out;
}

/// Prints what was read, if it is not what was printed last.
class printer {
 public:
  printer(const get_request& request, const std::vector<wanted>& all, const interrupts& by)
      : request_(request), all_(all), to_(STDOUT_FILENO, by) {}

  /// The exit status so far: anything but success ends the program.
  int print(std::span<const wiring::value_ptr> values) {
    if (!all_.front().spec.file_name.empty())
      return print_file(static_cast<const core::object_data&>(*values.front()));
    auto text = text_of(values);
    if (!text) return end_with(text.error().message);
    if (printed_ && *text == last_) return success;
    printed_ = true;
    last_ = std::move(*text);
    return to_.write({last_.data(), last_.size()}) ? success : end_with(to_.reason());
  }

 private:
  core::result<core::secret_bytes> text_of(std::span<const wiring::value_ptr> values) const {
    if (request_.json) return json_line(all_, values);
    core::secret_bytes out;
    const bool one = all_.size() == 1;
    if (one && values.front()->kind != core::value_kind::several) {
      append_plain(out, *values.front());
      return out;
    }
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (auto fits = append_lines(out, all_[i], *values[i], one); !fits)
        return core::fail(std::move(fits.error()));
    return out;
  }

  int print_file(const core::object_data& object) {
    if (printed_ && object.etag == etag_ && (!etag_.empty() || object.stamp == stamp_))
      return success;
    printed_ = true;
    etag_ = object.etag;
    stamp_ = object.stamp;
    const std::string path(object.view());
    if (!request_.output_file) return to_.write_file(path) ? success : end_with(to_.reason());
    return put_in_place(path, place_of(*request_.output_file).string());
  }

  /// The file under its new name, which never names a part of it. It stays where it is as well,
  /// for the cache to find.
  static int put_in_place(const std::string& path, const std::string& as) {
    const std::string beside = path + ".new";
    std::error_code failed;
    std::filesystem::create_hard_link(path, beside, failed);
    if (failed) {  // the file system has none
      failed.clear();
      std::filesystem::copy_file(path, beside, failed);
    }
    if (!failed) std::filesystem::rename(beside, as, failed);
    if (!failed) return success;
    complain("cannot write " + as + ": " + failed.message());
    return failure;
  }

  int end_with(const std::string& reason) const {
    if (!reason.empty()) complain(reason);
    return to_.status() == success ? failure : to_.status();
  }

  const get_request& request_;
  const std::vector<wanted>& all_;
  output to_;
  bool printed_ = false;
  core::secret_bytes last_;
  std::string etag_;
  core::file_stamp stamp_;
};

/// Says why values could not be read; the same reason twice in a row only once.
class complaints {
 public:
  void make(const std::vector<wanted>& all, const reader::readings& got) {
    std::string seen;
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (got[i]) continue;
      const error_info& why = got[i].error();
      lines.push_back(all[i].asked.given + ": " + why.message);
      seen += all[i].asked.given + '\n' + std::string(to_string(why.kind)) + '\n' + why.code + '\n';
    }
    if (seen != seen_)
      for (const std::string& each : lines)
        complain(each);
    seen_ = std::move(seen);
  }
  [[nodiscard]] bool any() const noexcept { return !seen_.empty(); }

 private:
  std::string seen_;
};

core::result<void> prepare_directory(const get_request& request, temporary_directory& directory) {
  std::string parent;
  if (request.output_file) {
    // Beside its place: it is moved there by its name.
    parent = place_of(*request.output_file).parent_path().string();
    if (parent.empty()) parent = ".";
  }
  if (auto made = directory.make(parent); !made) return made;
  wiring::set_process_variable("LAMBDA_CACHE_S3_DIRECTORY", directory.path());
  return {};
}

int print_all(const get_request& request, std::vector<wanted> all, const interrupts& by) {
  reader from(std::make_shared<wiring::wired_cache>(client_config{}), std::move(all));
  printer to(request, from.all(), by);
  complaints unread;
  for (;;) {
    const auto got = from.read(by);
    if (!got) return status_of_signal(by.signal());
    unread.make(from.all(), *got);
    if (!unread.any()) {
      std::vector<wiring::value_ptr> values;
      for (const auto& each : *got)
        values.push_back(*each);
      if (const int status = to.print(values); status != success) return status;
    }
    if (!request.watch) return unread.any() ? failure : success;
    const auto next = std::chrono::steady_clock::now() +
                      std::chrono::nanoseconds(wiring::seconds_to_nanos(request.every_seconds));
    if (!wait_for(-1, next, by)) return status_of_signal(by.signal());
  }
}

}  // namespace

int run_get(const get_request& request) {
  if (auto applied = apply(request.access); !applied) {
    complain(applied.error().message);
    return wrong_use;
  }
  auto all = wanted_of(request);
  if (!all) {
    complain(all.error().message);
    return wrong_use;
  }
  const interrupts by;
  temporary_directory directory;
  if (!all->front().spec.file_name.empty())
    if (auto made = prepare_directory(request, directory); !made) {
      complain(made.error().message);
      return failure;
    }
  return print_all(request, std::move(*all), by);
}

}  // namespace lambda_cache::cli
