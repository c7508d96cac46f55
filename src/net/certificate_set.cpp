#include "net/certificate_set.hpp"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace lambda_cache::net {
namespace {

std::string decode_base64(std::string_view text) {
  static constexpr auto values = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
      table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return table;
  }();
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = values[static_cast<unsigned char>(c)];
    if (value < 0) continue;  // line ends and padding
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++count % 4 == 0) {
      bytes.push_back(static_cast<char>(bits >> 16));
      bytes.push_back(static_cast<char>(bits >> 8));
      bytes.push_back(static_cast<char>(bits));
    }
  }
  if (count % 4 == 3) {
    bytes.push_back(static_cast<char>(bits >> 10));
    bytes.push_back(static_cast<char>(bits >> 2));
  } else if (count % 4 == 2) {
    bytes.push_back(static_cast<char>(bits >> 4));
  }
  return bytes;
}

/// One DER element: its whole text and its content; both empty if the text is cut short.
struct element {
  std::string_view whole;
  std::string_view content;
};

element first_element(std::string_view text) {
  if (text.size() < 2) return {};
  std::size_t length = static_cast<unsigned char>(text[1]);
  std::size_t head = 2;
  if (length >= 0x80) {
    const std::size_t digits = length & 0x7f;
    if (digits == 0 || digits > 4 || text.size() < 2 + digits) return {};
    length = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      length = length << 8 | static_cast<unsigned char>(text[2 + i]);
    }
    head += digits;
  }
  if (text.size() - head < length) return {};
  return {text.substr(0, head + length), text.substr(head, length)};
}

/// The subject of a certificate; empty if the text is none.
std::string_view subject_of(std::string_view der) {
  auto rest = first_element(first_element(der).content).content;  // TBSCertificate
  const auto skip = [&rest] {
    const auto skipped = first_element(rest);
    rest.remove_prefix(skipped.whole.size());
  };
  if (!rest.empty() && static_cast<unsigned char>(rest[0]) == 0xa0) skip();  // version
  for (int i = 0; i < 4; ++i)
    skip();  // serial number, signature, issuer, validity
  return first_element(rest).whole;
}

}  // namespace

certificate_set::entry::entry(std::string text, std::size_t at, std::size_t size)
    : der(std::move(text)), subject_at(at), subject_size(size) {}

certificate_set::entry::~entry() {
  X509_NAME_free(name);
}

bool certificate_set::entry::is_named(const X509_NAME* wanted) {
  if (name == nullptr) {
    const auto* text = reinterpret_cast<const unsigned char*>(der.data() + subject_at);
    name = d2i_X509_NAME(nullptr, &text, static_cast<long>(subject_size));
  }
  return name != nullptr && X509_NAME_cmp(name, wanted) == 0;
}

certificate_set::certificate_set(std::string_view pem) {
  static constexpr std::string_view dashes = "-----";
  for (;;) {
    const auto begin = pem.find("-----BEGIN ");
    if (begin == std::string_view::npos) return;
    pem.remove_prefix(begin + 11);
    const auto label_end = pem.find(dashes);
    if (label_end == std::string_view::npos) return;
    const auto label = pem.substr(0, label_end);
    pem.remove_prefix(label_end + dashes.size());
    const auto end = pem.find("-----END ");
    if (end == std::string_view::npos) return;
    if (label == "CERTIFICATE" || label == "X509 CERTIFICATE" || label == "TRUSTED CERTIFICATE") {
      auto der = decode_base64(pem.substr(0, end));
      // What follows the certificate in a TRUSTED block is OpenSSL's own: left out.
      der.resize(first_element(der).whole.size());
      const auto subject = subject_of(der);
      if (!subject.empty()) {
        const auto offset = static_cast<std::size_t>(subject.data() - der.data());
        entries_.push_back(std::make_unique<entry>(std::move(der), offset, subject.size()));
      }
    }
    pem.remove_prefix(end);
  }
}

certificate_set::~certificate_set() = default;

bool certificate_set::serve(X509_STORE* store) {
  // Never freed: stores of other clients may still use it at exit.
  static X509_LOOKUP_METHOD* const method = [] {
    auto* made = X509_LOOKUP_meth_new("certificate_set");
    if (made != nullptr) X509_LOOKUP_meth_set_get_by_subject(made, &find_by_subject);
    return made;
  }();
  auto* lookup = method != nullptr ? X509_STORE_add_lookup(store, method) : nullptr;
  return lookup != nullptr && X509_LOOKUP_set_method_data(lookup, this) == 1;
}

int certificate_set::find_by_subject(X509_LOOKUP* lookup, X509_LOOKUP_TYPE type,
                                     const X509_NAME* name, X509_OBJECT* found) {
  if (type != X509_LU_X509) return 0;
  auto* self = static_cast<certificate_set*>(X509_LOOKUP_get_method_data(lookup));
  return self->add_matching(lookup, name, found) ? 1 : 0;
}

bool certificate_set::add_matching(X509_LOOKUP* lookup, const X509_NAME* name, X509_OBJECT* found) {
  const unsigned char* wanted = nullptr;
  std::size_t wanted_size = 0;
  if (X509_NAME_get0_der(name, &wanted, &wanted_size) != 1) return false;
  const std::string_view wanted_text(reinterpret_cast<const char*>(wanted), wanted_size);

  // Names may be equal in other bytes (letter case, string type), but nearly never are.
  bool by_bytes = false;
  for (const auto& one : entries_)
    by_bytes = by_bytes || one->subject() == wanted_text;
  bool any = false;
  for (const auto& one : entries_) {
    if (by_bytes ? one->subject() != wanted_text : !one->is_named(name)) continue;
    const auto* der = reinterpret_cast<const unsigned char*>(one->der.data());
    X509* parsed = d2i_X509(nullptr, &der, static_cast<long>(one->der.size()));
    if (parsed == nullptr) continue;
    // All of one name go into the store, which tries each key; the caller takes a reference of
    // its own to what it is given, so the one that `found` takes here is given up again.
    if (X509_STORE_add_cert(X509_LOOKUP_get_store(lookup), parsed) == 1 && !any &&
        X509_OBJECT_set1_X509(found, parsed) == 1) {
      any = true;
      X509_free(parsed);
    }
    X509_free(parsed);
  }
  return any;
}

core::result<std::string> read_text_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string text;
  ssize_t got = fd < 0 ? -1 : 1;
  while (got > 0) {
    const auto size = text.size();
    text.resize(size + 256 * 1024);
    got = ::read(fd, text.data() + size, text.size() - size);
    text.resize(size + static_cast<std::size_t>(got > 0 ? got : 0));
  }
  const int code = errno;
  if (fd >= 0) ::close(fd);
  if (got == 0) return text;
  return core::fail(
      core::make_error(error_kind::tls, path + ": " + std::generic_category().message(code)));
}

}  // namespace lambda_cache::net
