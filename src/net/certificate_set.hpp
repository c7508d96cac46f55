// Trust anchors that are parsed only when a chain needs them.
//
// Parsing a system's whole store costs tens of milliseconds, more than everything else of a cold
// start together; a handshake needs one certificate of it. So a set keeps the DER text and where
// each subject is, and hands OpenSSL the certificates whose subject it asks for.
#pragma once

#include "core/result.hpp"

#include <openssl/x509_vfy.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lambda_cache::net {

class certificate_set {
 public:
  /// Blocks that are no certificate are passed over; the set may come out empty.
  explicit certificate_set(std::string_view pem);
  ~certificate_set();
  certificate_set(const certificate_set&) = delete;
  certificate_set& operator=(const certificate_set&) = delete;

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// The store looks its anchors up here; the set must outlive it. False if out of memory.
  [[nodiscard]] bool serve(X509_STORE* store);

 private:
  struct entry {
    std::string der;
    std::size_t subject_at;
    std::size_t subject_size;
    X509_NAME* name =
        nullptr;  // parsed at the first search for a name that no subject's bytes equal

    entry(std::string text, std::size_t at, std::size_t size);
    ~entry();
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    [[nodiscard]] std::string_view subject() const noexcept {
      return std::string_view(der).substr(subject_at, subject_size);
    }
    [[nodiscard]] bool is_named(const X509_NAME* wanted);
  };
  static int find_by_subject(X509_LOOKUP* lookup, X509_LOOKUP_TYPE type, const X509_NAME* name,
                             X509_OBJECT* found);
  bool add_matching(X509_LOOKUP* lookup, const X509_NAME* name, X509_OBJECT* found);

  std::vector<std::unique_ptr<entry>> entries_;
};

/// The file's content; an error that says why it cannot be read.
[[nodiscard]] core::result<std::string> read_text_file(const std::string& path);

}  // namespace lambda_cache::net
