#include "net/tls_stream.hpp"

#include "net/resolver.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <limits>
#include <new>
#include <sys/socket.h>

namespace lambda_cache::net {
namespace {

int clamp_size(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

std::string names_in(X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string text;
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names);
  constexpr int shown = 5;
  for (int i = 0; i < std::min(count, shown); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names, i);
    std::string one;
    if (name->type == GEN_DNS) {
      one.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                 static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
      std::replace_if(one.begin(), one.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    } else if (name->type == GEN_IPADD) {
      std::array<char, INET6_ADDRSTRLEN> address{};
      const int size = ASN1_STRING_length(name->d.iPAddress);
      if (size == 4 || size == 16) {
        ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress),
                    address.data(), address.size());
      }
      one = address.data();
    }
    if (!one.empty()) text += (text.empty() ? "" : ", ") + one;
  }
  if (count > shown) text += ", ...";
  GENERAL_NAMES_free(names);
  return text;
}

}  // namespace

io_result socket_read(int fd, char* into, std::size_t size) noexcept {
  ssize_t got = 0;
  do {
    got = ::recv(fd, into, size, 0);
  } while (got < 0 && errno == EINTR);
  if (got > 0) return {io_status::done, static_cast<std::size_t>(got)};
  if (got == 0) return {io_status::closed};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {io_status::want_read};
  return {io_status::failed, 0, errno};
}

io_result socket_write(int fd, const char* from, std::size_t size) noexcept {
  ssize_t put = 0;
  do {
    put = ::send(fd, from, size, MSG_NOSIGNAL);
  } while (put < 0 && errno == EINTR);
  if (put >= 0) return {io_status::done, static_cast<std::size_t>(put)};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {io_status::want_write};
  return {io_status::failed, 0, errno};
}

void session_deleter::operator()(SSL_SESSION* session) const noexcept {
  SSL_SESSION_free(session);
}

/// Called by OpenSSL. The socket BIO of OpenSSL would raise SIGPIPE and hides errno.
struct tls_callbacks {
  static int write(BIO* bio, const char* from, int size) {
    auto* self = static_cast<tls_stream*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto put = self->write_below(from, static_cast<std::size_t>(size));
    if (put.status == io_status::done) return static_cast<int>(put.size);
    return stopped(*self, bio, put);
  }

  static int read(BIO* bio, char* into, int size) {
    auto* self = static_cast<tls_stream*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto got = self->read_below(into, static_cast<std::size_t>(size));
    if (got.status == io_status::done) return static_cast<int>(got.size);
    return stopped(*self, bio, got);
  }

  /// A stream below may want to be read for a write, and the other way round.
  static int stopped(tls_stream& self, BIO* bio, const io_result& io) {
    switch (io.status) {
      case io_status::want_read:
        BIO_set_retry_read(bio);
        return -1;
      case io_status::want_write:
        BIO_set_retry_write(bio);
        return -1;
      case io_status::closed:
      case io_status::cut_off:
        self.eof_ = true;
        return 0;
      default:
        self.socket_error_ = io.status == io_status::refused ? EPROTO : io.code;
        return -1;
    }
  }

  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return static_cast<tls_stream*>(BIO_get_data(bio))->eof_ ? 1 : 0;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
  }

  static BIO* socket_bio(tls_stream* stream) {
    static BIO_METHOD* const method = [] {  // never freed: streams may live until exit
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
      if (made != nullptr) {
        BIO_meth_set_write(made, &write);
        BIO_meth_set_read(made, &read);
        BIO_meth_set_ctrl(made, &control);
      }
      return made;
    }();
    BIO* bio = method != nullptr ? BIO_new(method) : nullptr;
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    return bio;
  }

  static int verified(int passed, X509_STORE_CTX* chain) {
    if (passed == 1) return 1;
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* self = static_cast<tls_stream*>(SSL_get_ex_data(ssl, 0));
    self->verify_error_ = X509_STORE_CTX_get_error(chain);
    if (X509* leaf = X509_STORE_CTX_get0_cert(chain)) self->certificate_names_ = names_in(leaf);
    return 0;
  }

  static int offered_session(SSL* ssl, SSL_SESSION* session) {
    static_cast<tls_stream*>(SSL_get_ex_data(ssl, 0))->session_.reset(session);
    return 1;  // the reference is ours now
  }
};

SSL_CTX* new_client_context() {
  // The host program's openssl.cnf is not for us, and nothing of ours may run at exit, when other
  // threads may still be reading.
  static const bool ready =
      OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr) == 1;
  SSL_CTX* context = ready ? SSL_CTX_new(TLS_client_method()) : nullptr;
  if (context == nullptr) return nullptr;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);  // a record in one system call, not two
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &tls_callbacks::verified);
  // An intermediate that somebody put into the store is trusted, as curl and Python do.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &tls_callbacks::offered_session);
  return context;
}

tls_stream::tls_stream(SSL_CTX* context, int fd, const std::string& host, SSL_SESSION* resume,
                       tls_stream* under)
    : ssl_(SSL_new(context)), fd_(fd), under_(under), host_(host) {
  if (host_.ends_with('.')) host_.pop_back();
  BIO* bio = ssl_ != nullptr ? tls_callbacks::socket_bio(this) : nullptr;
  if (bio == nullptr || SSL_set_ex_data(ssl_, 0, this) != 1) {
    BIO_free(bio);
    SSL_free(ssl_);
    throw std::bad_alloc();
  }
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_connect_state(ssl_);
  auto* checks = SSL_get0_param(ssl_);
  if (is_address(host_)) {
    X509_VERIFY_PARAM_set1_ip_asc(checks, host_.c_str());
  } else {
    X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(checks, host_.data(), host_.size());
    SSL_set_tlsext_host_name(ssl_, host_.c_str());
  }
  if (resume != nullptr) SSL_set_session(ssl_, resume);
}

tls_stream::~tls_stream() {
  // Without this, OpenSSL takes the missing farewell for an attack and spoils the session that a
  // later connection resumes. Nothing is sent.
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

io_result tls_stream::handshake() {
  ERR_clear_error();
  return outcome(SSL_do_handshake(ssl_));
}

io_result tls_stream::read(char* into, std::size_t size) {
  ERR_clear_error();
  const int got = SSL_read(ssl_, into, clamp_size(size));
  if (got > 0) return {io_status::done, static_cast<std::size_t>(got)};
  return outcome(got);
}

io_result tls_stream::write(const char* from, std::size_t size) {
  ERR_clear_error();
  const int put = SSL_write(ssl_, from, clamp_size(size));
  if (put > 0) return {io_status::done, static_cast<std::size_t>(put)};
  return outcome(put);
}

io_result tls_stream::read_below(char* into, std::size_t size) {
  return under_ != nullptr ? under_->read(into, size) : socket_read(fd_, into, size);
}

io_result tls_stream::write_below(const char* from, std::size_t size) {
  return under_ != nullptr ? under_->write(from, size) : socket_write(fd_, from, size);
}

bool tls_stream::has_buffered() const noexcept {
  return SSL_has_pending(ssl_) == 1 || (under_ != nullptr && under_->has_buffered());
}

bool tls_stream::is_quiet() {
  char byte = 0;
  if (!has_buffered()) {
    const auto got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    if (got == 0) return false;
  }
  // Tickets and key updates are no data.
  ERR_clear_error();
  const int got = SSL_peek(ssl_, &byte, 1);
  return got <= 0 && outcome(got).status == io_status::want_read;
}

bool tls_stream::issuer_unknown() const noexcept {
  switch (verify_error_) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return true;
    default:
      return false;
  }
}

io_result tls_stream::outcome(int returned) {
  if (returned > 0) return {io_status::done};
  switch (SSL_get_error(ssl_, returned)) {
    case SSL_ERROR_WANT_READ:
      return {io_status::want_read};
    case SSL_ERROR_WANT_WRITE:
      return {io_status::want_write};
    case SSL_ERROR_ZERO_RETURN:
      return {io_status::closed};
    default:
      break;
  }
  if (verify_error_ == 0 && socket_error_ != 0) return {io_status::failed, 0, socket_error_};
  if (verify_error_ == 0 && eof_) return {io_status::cut_off};
  note_refusal();
  return {io_status::refused};
}

void tls_stream::note_refusal() {
  if (issuer_unknown()) {
    reason_ = std::string(X509_verify_cert_error_string(verify_error_)) +
              " (unknown CA). If this endpoint or a proxy in between has a private CA, set "
              "AWS_CA_BUNDLE to your CA's PEM file";
    return;
  }
  switch (verify_error_) {
    case 0:
      break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      reason_ =
          "it, or one that it depends on, has expired. Renew it, and check this machine's clock";
      return;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      reason_ = "it, or one that it depends on, is not valid yet. Check this machine's clock";
      return;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      reason_ = "host name mismatch: it is for " +
                (certificate_names_.empty() ? "no host name at all" : certificate_names_) +
                ", not for " + host_ + ". Check the endpoint's host name";
      return;
    default:
      reason_ = X509_verify_cert_error_string(verify_error_);
      return;
  }
  switch (ERR_GET_REASON(ERR_peek_error())) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      reason_ = "the server does not speak TLS on this port. For a plain endpoint write http://";
      break;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      reason_ = "the server speaks no TLS version from 1.2 on";
      break;
    default: {
      std::array<char, 256> text{};
      ERR_error_string_n(ERR_peek_error(), text.data(), text.size());
      reason_ = text.data();
    }
  }
}

}  // namespace lambda_cache::net
