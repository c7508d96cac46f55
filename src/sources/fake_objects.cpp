#include "sources/fake_objects.hpp"

#include "aws/crypto.hpp"
#include "aws/s3_uri.hpp"
#include "aws/text.hpp"
#include "sources/object_target.hpp"

#include <algorithm>
#include <utility>

namespace lambda_cache::sources {
namespace {

constexpr std::string_view scheme = "s3://";
constexpr std::string_view version_mark = "?versionId=";

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

std::string etag_of(std::string_view bytes) {
  constexpr std::size_t digits = 32;  // as many as S3's have
  return '"' + aws::hex(aws::sha256(bytes)).substr(0, digits) + '"';
}

/// Not that of any endpoint: what tests leave behind is never taken for what AWS has.
std::string owner_in_tests(const s3_object& object) {
  aws::endpoint nowhere;
  nowhere.host_header = "the fake cloud";
  return owner_of(object, nowhere, true);
}

error_info named(error_info why, const s3_object& object) {
  why.service = "s3";
  why.operation = "GetObject";
  why.name = object.uri.text;
  why.message = "Reading " + object.uri.text + " failed: " + why.message;
  return why;
}

}  // namespace

core::result<std::string> fake_objects::put(std::string_view uri, std::string_view bytes,
                                            version_options how) {
  const auto parsed = aws::parse_s3_uri(uri);
  if (!parsed) return core::fail(parsed.error());
  if (how.version_id.empty()) {
    constexpr std::size_t digits = 32;
    const std::string number = std::to_string(++last_id_);
    how.version_id = std::string(digits - std::min(digits, number.size()), '0') + number;
  }
  if (!std::ranges::all_of(how.version_id, [](char c) { return c > ' ' && c < '\x7f'; }))
    return refuse("version_id=" + aws::text::quoted(how.version_id) +
                  " cannot be: printable ASCII without spaces is possible.");
  versions& all = buckets_[parsed->bucket][parsed->key];
  if (std::ranges::find(all, how.version_id, &fake_object::version_id) != all.end())
    return refuse("version_id=" + how.version_id + " is a version of " + std::string(uri) +
                  " already; versions never change.");
  all.push_back(
      {how.version_id, std::move(how.content_type), etag_of(bytes), {bytes.begin(), bytes.end()}});
  return how.version_id;
}

bool fake_objects::remove(std::string_view uri) {
  const auto parsed = aws::parse_s3_uri(uri);
  if (!parsed) return false;
  const auto bucket = buckets_.find(parsed->bucket);
  return bucket != buckets_.end() && bucket->second.erase(parsed->key) != 0;
}

std::expected<const fake_object*, fake_refusal> fake_objects::find(const s3_object& asked) const {
  const auto absent = [&](std::string code, std::string_view what) {
    return std::unexpected(
        fake_refusal{std::move(code), "the fake cloud of this test has no " + std::string(what) +
                                          ' ' + fake_object_name(asked) + "; put it there first"});
  };
  const auto bucket = buckets_.find(asked.uri.bucket);
  if (bucket == buckets_.end()) return absent("NoSuchBucket", "bucket for");
  const auto object = bucket->second.find(asked.uri.key);
  if (object == bucket->second.end()) return absent("NoSuchKey", "object");
  const versions& all = object->second;
  if (asked.version_id.empty()) return &all.back();
  const auto version = std::ranges::find(all, asked.version_id, &fake_object::version_id);
  if (version == all.end()) return absent("NoSuchVersion", "version like this of an object:");
  return &*version;
}

std::vector<std::string> fake_objects::names() const {
  std::vector<std::string> out;
  for (const auto& [bucket, objects] : buckets_)
    for (const auto& [key, all] : objects)
      out.push_back(std::string(scheme).append(bucket).append("/").append(key));
  return out;
}

std::string fake_object_name(const s3_object& asked) {
  std::string out = asked.uri.text;
  if (!asked.version_id.empty()) out.append(version_mark).append(asked.version_id);
  return out;
}

bool means_object(std::string_view name, std::string_view asked) {
  if (!asked.starts_with(name)) return false;
  const std::string_view rest = asked.substr(name.size());
  if (rest.empty() || rest.starts_with(version_mark)) return true;
  if (!name.starts_with(scheme)) return false;
  const auto slash = name.find('/', scheme.size());
  return slash == std::string_view::npos ? rest.starts_with('/') : slash + 1 == name.size();
}

core::result<std::shared_ptr<const core::object_data>> take_fake_object(
    const fake_object& found, const s3_object& asked,
    std::shared_ptr<const core::object_data> before, std::uint64_t in_memory) {
  if (before && before->etag == found.etag && (asked.in_memory() || core::is_intact(*before)))
    return before;
  const auto target = asked.in_memory() ? make_memory_target(in_memory)
                                        : make_file_target(asked.file, owner_in_tests(asked));
  const std::string_view bytes(found.content.data(), found.content.size());
  aws::object_head head;
  head.etag = found.etag;
  head.version_id = found.version_id;
  head.content_type = found.content_type;
  auto ready = target->begin(bytes.size());
  if (ready) ready = target->write(0, bytes);
  if (!ready) return core::fail(named(std::move(ready.error()), asked));
  auto made = target->finish(head, bytes.size());
  if (!made) return core::fail(named(std::move(made.error()), asked));
  return std::shared_ptr<const core::object_data>(std::move(*made));
}

}  // namespace lambda_cache::sources
