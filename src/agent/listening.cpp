#include "agent/listening.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace lambda_cache::agent {

namespace asio = boost::asio;
using stream = asio::generic::stream_protocol;
using acceptor = asio::basic_socket_acceptor<stream>;

namespace {

constexpr int backlog = 1024;

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::invalid_argument, std::move(message)));
}

core::result<acceptor> listen_at(asio::io_context& on, const asio::ip::tcp::endpoint& at) {
  boost::system::error_code failed;
  acceptor made(on);
  made.open(stream(at.protocol()), failed);
  if (!failed) made.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed && at.address().is_v6()) made.set_option(asio::ip::v6_only(true), failed);
  if (!failed) made.bind(stream::endpoint(at), failed);
  if (!failed) made.listen(backlog, failed);
  if (failed == asio::error::address_in_use)
    return refuse("Port " + std::to_string(at.port()) +
                  " is taken: another agent listens there. Stop it, or give another port "
                  "(--port, http_port, PARAMETERS_SECRETS_EXTENSION_HTTP_PORT).");
  if (failed)
    return refuse("Port " + std::to_string(at.port()) + " of " + at.address().to_string() +
                  " cannot be used: " + failed.message() + ".");
  return made;
}

std::uint16_t port_of(acceptor& bound) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  ::getsockname(bound.native_handle(), reinterpret_cast<sockaddr*>(&at), &size);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&at)->sin_port);
}

/// A socket that an agent left behind is removed; a live one, or a file, stays.
core::result<void> make_room(const std::string& path) {
  struct stat there{};
  if (::lstat(path.c_str(), &there) != 0) return {};
  if (!S_ISSOCK(there.st_mode))
    return refuse(path + " is there and is no socket: give another path (--socket).");
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::strncpy(at.sun_path, path.c_str(), sizeof at.sun_path - 1);
  const int answer = ::connect(probe, reinterpret_cast<const sockaddr*>(&at), sizeof at);
  const int why = errno;
  ::close(probe);
  if (answer == 0 || why == EAGAIN)
    return refuse("The socket " + path + " is in use: another agent listens there.");
  if (why != ECONNREFUSED)
    return refuse("The socket " + path + " cannot be used: " +
                  boost::system::error_code(why, boost::system::system_category()).message() + ".");
  ::unlink(path.c_str());
  return {};
}

}  // namespace

listening::listening(listening&& other) noexcept
    : places_(std::move(other.places_)),
      port_(other.port_),
      path_(std::move(other.path_)),
      inode_(std::exchange(other.inode_, 0)) {}

listening::~listening() {
  struct stat there{};
  if (inode_ != 0 && ::lstat(path_.c_str(), &there) == 0 && there.st_ino == inode_)
    ::unlink(path_.c_str());
}

core::result<listening> listening::open(asio::io_context& on, const settings& how) {
  listening made;
  if (how.tcp)
    if (auto opened = made.open_loopback(on, how.port); !opened)
      return core::fail(std::move(opened.error()));
  if (!how.socket_path.empty())
    if (auto opened = made.open_socket(on, how.socket_path, how.socket_mode); !opened)
      return core::fail(std::move(opened.error()));
  return made;
}

core::result<void> listening::open_loopback(asio::io_context& on, std::uint16_t wanted) {
  auto first = listen_at(on, {asio::ip::address_v4::loopback(), wanted});
  if (!first) return core::fail(std::move(first.error()));
  port_ = port_of(*first);
  places_.push_back({std::move(*first), false});
  // There may be no IPv6, or the other half of the port may be somebody else's.
  if (auto second = listen_at(on, {asio::ip::address_v6::loopback(), port_}))
    places_.push_back({std::move(*second), false});
  return {};
}

core::result<void> listening::open_socket(asio::io_context& on, const std::string& path,
                                          unsigned mode) {
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return refuse("The socket's path " + path + " is longer than the 107 bytes that it may have.");
  if (auto free = make_room(path); !free) return free;
  boost::system::error_code failed;
  acceptor made(on);
  const asio::local::stream_protocol::endpoint at(path);
  made.open(stream(at.protocol()), failed);
  // The file is made with the mode of the descriptor (unix(7)), less the umask: there is no moment
  // at which somebody else may connect.
  const auto check = [&](int answer) {
    if (answer != 0) failed.assign(errno, boost::system::system_category());
  };
  if (!failed) check(::fchmod(made.native_handle(), mode));
  if (!failed) made.bind(stream::endpoint(at), failed);
  struct stat own{};
  if (!failed && ::lstat(path.c_str(), &own) == 0) {
    path_ = path;
    inode_ = own.st_ino;
  }
  if (!failed) check(::chmod(path.c_str(), mode));
  if (!failed) made.listen(backlog, failed);
  if (failed)
    return refuse("The socket " + path + " cannot be made: " + failed.message() +
                  ". Is its directory there, and may this user write to it?");
  places_.push_back({std::move(made), true});
  return {};
}

}  // namespace lambda_cache::agent
