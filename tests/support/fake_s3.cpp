#include "support/fake_s3.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

namespace lambda_cache::test {
namespace {

std::string header_of(const std::string& request, std::string_view name) {
  std::string lower;
  std::transform(request.begin(), request.begin() + static_cast<long>(request.find("\r\n\r\n")),
                 std::back_inserter(lower), [](unsigned char c) { return std::tolower(c); });
  const auto at = lower.find("\r\n" + std::string(name) + ":");
  if (at == std::string::npos) return {};
  auto from = at + 2 + name.size() + 1;
  while (request[from] == ' ')
    ++from;
  return request.substr(from, request.find("\r\n", from) - from);
}

std::string base64_of(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

// Byte by byte from a table made bit by bit: slow, and nothing of what is tested.
std::string crc_of(std::uint64_t polynomial, std::size_t bytes, std::string_view content) {
  std::array<std::uint64_t, 256> table{};
  for (std::uint64_t i = 0; i < 256; ++i) {
    std::uint64_t crc = i;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 1) != 0 ? crc >> 1 ^ polynomial : crc >> 1;
    table[i] = crc;
  }
  const std::uint64_t ones = ~std::uint64_t{0} >> (64 - 8 * bytes);
  std::uint64_t crc = ones;
  for (const char c : content)
    crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(c)) & 255];
  crc ^= ones;
  std::string out;
  for (std::size_t i = bytes; i-- > 0;)
    out.push_back(static_cast<char>(crc >> (8 * i) & 255));
  return out;
}

std::string raw_digest(std::string_view algorithm, std::string_view content) {
  if (algorithm == "crc32") return crc_of(0xedb88320, 4, content);
  if (algorithm == "crc32c") return crc_of(0x82f63b78, 4, content);
  if (algorithm == "crc64nvme") return crc_of(0x9a6c9329ac4bc9b5, 8, content);
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  EVP_Digest(content.data(), content.size(), out.data(), &size,
             algorithm == "sha1" ? EVP_sha1() : EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(out.data()), size};
}

/// "bytes=5-9" or "bytes=5-" of so many bytes.
std::optional<std::pair<std::size_t, std::size_t>> range_in(const std::string& text,
                                                            std::size_t size) {
  if (!text.starts_with("bytes=")) return std::nullopt;
  const auto dash = text.find('-');
  const std::size_t begin = std::stoull(text.substr(6, dash - 6));
  const std::size_t end = dash + 1 == text.size()
                              ? size
                              : std::min<std::size_t>(size, std::stoull(text.substr(dash + 1)) + 1);
  return std::pair{begin, end};
}

}  // namespace

std::string s3_checksum(std::string_view algorithm, std::string_view content) {
  return base64_of(raw_digest(algorithm, content));
}

std::string s3_composite(std::string_view algorithm, std::string_view content,
                         const std::vector<std::size_t>& part_sizes) {
  std::string digests;
  std::size_t at = 0;
  for (const std::size_t size : part_sizes) {
    digests += raw_digest(algorithm, content.substr(at, size));
    at += size;
  }
  return base64_of(raw_digest(algorithm, digests)) + "-" + std::to_string(part_sizes.size());
}

std::string s3_error(std::string_view code, std::string_view more) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + std::string(code) +
         "</Code><Message>no</Message>" + std::string(more) + "</Error>";
}

fake_s3::fake_s3() : server_([this](peer& client) { serve(client); }) {}

std::string fake_s3::put(const std::string& path, std::string content, std::string_view checksum) {
  object made;
  if (!checksum.empty()) made.checksums[std::string(checksum)] = s3_checksum(checksum, content);
  {
    const std::lock_guard lock(mutex_);
    made.etag = "\"etag-" + std::to_string(++puts_) + "\"";
  }
  made.content = std::move(content);
  std::string etag = made.etag;
  put(path, std::move(made));
  return etag;
}

void fake_s3::put(const std::string& path, object what) {
  const std::lock_guard lock(mutex_);
  objects_[path] = std::make_shared<const object>(std::move(what));
}

void fake_s3::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  objects_.erase(path);
}

void fake_s3::intercept(std::function<reply(const call&)> with) {
  const std::lock_guard lock(mutex_);
  intercept_ = std::move(with);
}

std::string fake_s3::url() const {
  return "http://127.0.0.1:" + std::to_string(server_.port());
}

std::vector<fake_s3::call> fake_s3::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void fake_s3::serve(peer& client) {
  for (;;) {
    const std::string request = client.read_request();
    call asked;
    const auto space = request.find(' ');
    const std::string target = request.substr(space + 1, request.find(' ', space + 1) - space - 1);
    asked.path = target.substr(0, target.find('?'));
    if (target.find('?') != std::string::npos) asked.query = target.substr(target.find('?') + 1);
    asked.host = header_of(request, "host");
    asked.range = header_of(request, "range");
    asked.if_match = header_of(request, "if-match");
    asked.if_none_match = header_of(request, "if-none-match");
    asked.checksum_mode = header_of(request, "x-amz-checksum-mode");
    asked.amz_date = header_of(request, "x-amz-date");
    const std::string authorization = header_of(request, "authorization");
    const auto scope = authorization.find('/', authorization.find('/') + 1) + 1;
    asked.region = authorization.substr(scope, authorization.find('/', scope) - scope);
    asked.connection = client.number();
    {
      const std::lock_guard lock(mutex_);
      asked.number = static_cast<int>(calls_.size());
      calls_.push_back(asked);
    }
    answer(client, asked);
  }
}

void fake_s3::answer(peer& client, const call& asked) {
  std::function<reply(const call&)> intercept;
  {
    const std::lock_guard lock(mutex_);
    intercept = intercept_;
  }
  reply how = intercept ? intercept(asked) : reply{};
  if (how.status != 0) return client.answer(how.status, how.body, how.headers);

  std::shared_ptr<const object> stored;
  {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(asked.path);
    if (found != objects_.end()) stored = found->second;
  }
  if (!stored) return client.answer(404, s3_error("NoSuchKey"), "x-amz-request-id: r-404\r\n");
  const object& of = *stored;
  std::string headers = "ETag: " + of.etag + "\r\nContent-Type: text/plain\r\n" + how.headers;
  if (!asked.if_match.empty() && asked.if_match != of.etag)
    return client.answer(412, s3_error("PreconditionFailed"));
  if (!asked.if_none_match.empty() && asked.if_none_match == of.etag)
    return client.send("HTTP/1.1 304 Not Modified\r\n" + headers + "\r\n");
  if (asked.checksum_mode == "ENABLED" && asked.range.empty() &&
      asked.query.find("partNumber") == std::string::npos)
    for (const auto& [name, value] : of.checksums)
      headers += "x-amz-checksum-" + name + ": " + value + "\r\n";

  std::string_view body = of.content;
  int status = 200;
  std::optional<std::pair<std::size_t, std::size_t>> range;
  if (!how.ignores_ranges) range = range_in(asked.range, body.size());
  if (const auto part = asked.query.find("partNumber=");
      part != std::string::npos && of.knows_parts) {
    const std::size_t number = std::stoull(asked.query.substr(part + 11));
    std::size_t begin = 0;
    for (std::size_t i = 0; i + 1 < number; ++i)
      begin += of.part_sizes.at(i);
    range = {begin, begin + of.part_sizes.at(number - 1)};
    headers += "x-amz-mp-parts-count: " + std::to_string(of.part_sizes.size()) + "\r\n";
  }
  if (range) {
    if (range->first >= body.size()) return client.answer(416, s3_error("InvalidRange"));
    status = 206;
    headers += "Content-Range: bytes " + std::to_string(range->first) + "-" +
               std::to_string(range->second - 1) + "/" + std::to_string(body.size()) + "\r\n";
    body = body.substr(range->first, range->second - range->first);
  }
  client.send("HTTP/1.1 " + std::to_string(status) + " OK\r\n" + headers +
              (how.without_length ? std::string("Transfer-Encoding: chunked")
                                  : "Content-Length: " + std::to_string(body.size())) +
              "\r\n\r\n");
  send_body(client, how, body);
}

void fake_s3::send_body(peer& client, const reply& how, std::string_view body) {
  const auto send = [&](std::string_view bytes) {
    constexpr std::size_t piece = 64 * 1024;
    while (!bytes.empty()) {
      const auto next = bytes.substr(0, piece);
      bytes.remove_prefix(next.size());
      if (how.without_length) {
        std::array<char, 32> size{};
        std::snprintf(size.data(), size.size(), "%zx\r\n", next.size());
        client.send(size.data());
      }
      bytes_sent_ += next.size();  // before a reader can have the last of them
      client.send(next);
      if (how.without_length) client.send("\r\n");
    }
  };
  if (how.hold_after && *how.hold_after < body.size()) {
    send(body.substr(0, *how.hold_after));
    body.remove_prefix(*how.hold_after);
    if (how.hold != nullptr) how.hold->wait();
  }
  if (how.cut_after && *how.cut_after < body.size()) {
    send(body.substr(0, *how.cut_after));
    throw peer_gone{};
  }
  send(body);
  if (how.without_length) client.send("0\r\n\r\n");
}

}  // namespace lambda_cache::test
