#include "net/child_process.hpp"

#include "core/caught.hpp"
#include "net/io_loop_internals.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace lambda_cache::net {
namespace {

constexpr std::size_t longest_errors = 1024;

std::unexpected<error_info> refuse(std::string message) {
  return core::fail(core::make_error(error_kind::credentials, std::move(message)));
}

/// Both ends of a pipe; what is still open is closed at the end.
struct pipe_ends {
  int read = -1;
  int write = -1;

  pipe_ends() = default;
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  ~pipe_ends() {
    close_read();
    close_write();
  }
  bool open() noexcept {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return ::fcntl(read, F_SETFL, O_NONBLOCK) == 0;
  }
  void close_read() noexcept {
    if (read >= 0) ::close(std::exchange(read, -1));
  }
  void close_write() noexcept {
    if (write >= 0) ::close(std::exchange(write, -1));
  }
};

class running_child final : public child_process, private ready_handler {
 public:
  running_child(io_loop& loop, const child_limits& limits, handler done)
      : loop_(loop),
        limits_(limits),
        done_(std::move(done)),
        output_watch_(loop, *this),
        errors_watch_(loop, *this) {}

  ~running_child() override {
    stop();
    loop_.cancel(first_turn_);
  }
  running_child(const running_child&) = delete;
  running_child& operator=(const running_child&) = delete;

  void start(const std::vector<std::string>& arguments, const core::secret_bytes& environment) {
    if (auto begun = spawn(arguments, environment); !begun) {
      first_turn_ =
          loop_.at(core::deadline::min(), [this, why = std::move(begun.error())]() mutable {
            first_turn_ = 0;
            finish(core::fail(std::move(why)));
          });
      return;
    }
    output_watch_.attach(output_pipe_.read);
    errors_watch_.attach(errors_pipe_.read);
    output_watch_.wait_readable();
    errors_watch_.wait_readable();
    overdue_ = loop_.at(std::chrono::steady_clock::now() + limits_.timeout, [this] {
      overdue_ = 0;
      guarded([this] {
        finish(refuse("The command took longer than " + std::to_string(limits_.timeout.count()) +
                      " ms."));
      });
    });
  }

 private:
  core::result<void> spawn(const std::vector<std::string>& arguments,
                           const core::secret_bytes& environment) {
    if (!output_pipe_.open() || !errors_pipe_.open())
      return refuse("The command could not be run: no file descriptors are left.");
    std::vector<char*> argv;
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: as POSIX declares it
    argv.push_back(nullptr);
    std::vector<char*> envp;
    for (std::size_t at = 0; at < environment.size();
         at += std::strlen(environment.data() + at) + 1)
      envp.push_back(const_cast<char*>(environment.data() + at));  // NOLINT
    envp.push_back(nullptr);

    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, output_pipe_.write, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, errors_pipe_.write, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_t how;
    ::posix_spawnattr_init(&how);
    // The I/O thread blocks every signal, and Python ignores SIGPIPE; a command expects neither.
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&how, &none);
    ::posix_spawnattr_setsigdefault(&how, &all);
    ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const int failed = ::posix_spawnp(&pid_, argv.front(), &files, &how, argv.data(), envp.data());
    ::posix_spawnattr_destroy(&how);
    ::posix_spawn_file_actions_destroy(&files);
    output_pipe_.close_write();
    errors_pipe_.close_write();
    if (failed == 0) return {};
    pid_ = -1;
    std::array<char, 128> buffer{};
    const char* const reason = ::strerror_r(failed, buffer.data(), buffer.size());
    return refuse("The command could not be run: " + std::string(reason) + ".");
  }

  /// False when nothing more can come.
  template <class Take>
  static bool drain(int fd, Take take) {
    std::array<char, 4096> piece;
    for (;;) {
      const ssize_t got = ::read(fd, piece.data(), piece.size());
      if (got > 0) {
        const bool wanted = take(piece.data(), static_cast<std::size_t>(got));
        ::explicit_bzero(piece.data(), piece.size());
        if (!wanted) return true;
        continue;
      }
      if (got < 0 && errno == EINTR) continue;
      return got < 0 && errno == EAGAIN;
    }
  }

  void on_ready() override {
    guarded([this] { read_on(); });
  }

  /// What a step throws ends the command.
  template <class Step>
  void guarded(Step step) noexcept {
    try {
      step();
    } catch (...) {
      finish(core::fail(core::caught()));
    }
  }

  void read_on() {
    if (!done_) return;
    if (output_open_) {
      output_open_ = drain(output_pipe_.read, [this](const char* bytes, std::size_t count) {
        if (outcome_.output.size() + count > limits_.max_output) return !(too_much_ = true);
        outcome_.output.insert(outcome_.output.end(), bytes, bytes + count);
        return true;
      });
      if (too_much_)
        return finish(refuse("The command wrote more than " + std::to_string(limits_.max_output) +
                             " bytes."));
    }
    if (errors_open_)
      errors_open_ = drain(errors_pipe_.read, [this](const char* bytes, std::size_t count) {
        const std::size_t room = longest_errors - outcome_.errors.size();
        outcome_.errors.append(bytes, std::min(count, room));
        return true;
      });
    if (output_open_) output_watch_.wait_readable();
    if (errors_open_) errors_watch_.wait_readable();
    if (!output_open_) reap();
  }

  /// Its output has ended; the command itself may take a moment longer.
  void reap() {
    if (polling_ != 0) return;
    int status = 0;
    pid_t ended = 0;
    do {
      ended = ::waitpid(pid_, &status, WNOHANG);
    } while (ended < 0 && errno == EINTR);
    if (ended == 0) {
      polling_ = loop_.at(std::chrono::steady_clock::now() + pause_, [this] {
        polling_ = 0;
        pause_ = std::min(pause_ * 2, std::chrono::milliseconds(50));
        guarded([this] { reap(); });
      });
      return;
    }
    pid_ = -1;
    // A program that waits for every child may have been faster: then the output decides.
    if (ended > 0)
      outcome_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (errors_open_) {
      errors_open_ = false;
      drain(errors_pipe_.read, [this](const char* bytes, std::size_t count) {
        const std::size_t room = longest_errors - outcome_.errors.size();
        outcome_.errors.append(bytes, std::min(count, room));
        return true;
      });
    }
    finish(std::move(outcome_));
  }

  void stop() noexcept {
    output_watch_.detach();
    errors_watch_.detach();
    output_pipe_.close_read();
    errors_pipe_.close_read();
    loop_.cancel(std::exchange(overdue_, 0));
    loop_.cancel(std::exchange(polling_, 0));
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }

  /// The handler may destroy this object.
  void finish(core::result<child_outcome> result) noexcept {
    stop();
    auto& loop = loop_;
    auto done = std::exchange(done_, nullptr);
    if (!done) return;
    try {
      done(std::move(result));
    } catch (...) {
      loop.note_failure();
    }
  }

  io_loop& loop_;
  const child_limits limits_;
  handler done_;
  pipe_ends output_pipe_;
  pipe_ends errors_pipe_;
  fd_watch output_watch_;
  fd_watch errors_watch_;
  child_outcome outcome_;
  pid_t pid_ = -1;
  bool output_open_ = true;
  bool errors_open_ = true;
  bool too_much_ = false;
  std::chrono::milliseconds pause_{1};
  io_loop::timer_id first_turn_ = 0;
  io_loop::timer_id overdue_ = 0;
  io_loop::timer_id polling_ = 0;
};

}  // namespace

std::unique_ptr<child_process> child_process::start(io_loop& loop,
                                                    const std::vector<std::string>& arguments,
                                                    const core::secret_bytes& environment,
                                                    const child_limits& limits, handler done) {
  auto made = std::make_unique<running_child>(loop, limits, std::move(done));
  made->start(arguments, environment);
  return made;
}

}  // namespace lambda_cache::net
