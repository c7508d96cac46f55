#include "aws/timestamps.hpp"

#include "aws/service_error.hpp"
#include "aws/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace lambda_cache::aws {
namespace {

using text::is_digit;

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Reads a text from left to right; after the first mismatch everything fails.
class reader {
 public:
  explicit reader(std::string_view rest) noexcept : rest_(rest) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool finished() const noexcept { return ok_ && rest_.empty(); }

  bool accept(std::string_view expected) noexcept {
    if (!ok_ || !rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  void expect(std::string_view expected) noexcept { ok_ = accept(expected); }

  int number(std::size_t digits) noexcept {
    ok_ = ok_ && rest_.size() >= digits && std::ranges::all_of(rest_.substr(0, digits), is_digit);
    int value = 0;
    if (!ok_) return value;
    for (const char c : rest_.substr(0, digits))
      value = value * 10 + (c - '0');
    rest_.remove_prefix(digits);
    return value;
  }

  unsigned month() noexcept {
    const auto found = std::ranges::find(months, rest_.substr(0, 3));
    ok_ = ok_ && found != months.end();
    if (!ok_) return 0;
    rest_.remove_prefix(3);
    return static_cast<unsigned>(found - months.begin()) + 1;
  }

  void skip_digits() noexcept {
    ok_ = ok_ && !rest_.empty() && is_digit(rest_.front());
    while (!rest_.empty() && is_digit(rest_.front()))
      rest_.remove_prefix(1);
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct time_of_day {
  int hour = 0;
  int minute = 0;
  int second = 0;
};

time_of_day read_time(reader& in) noexcept {
  time_of_day time;
  time.hour = in.number(2);
  in.expect(":");
  time.minute = in.number(2);
  in.expect(":");
  time.second = in.number(2);
  return time;
}

std::optional<std::int64_t> to_unix(int year, unsigned month, int day,
                                    const time_of_day& time) noexcept {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  // 60 is a leap second; it counts as the first second of the next minute.
  if (!date.ok() || time.hour > 23 || time.minute > 59 || time.second > 60) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return ((days * 24 + time.hour) * 60 + time.minute) * 60 + time.second;
}

/// "06 Nov 1994 08:49:37 GMT"
std::optional<std::int64_t> read_fixdate(reader in) noexcept {
  const int day = in.number(2);
  in.expect(" ");
  const unsigned month = in.month();
  in.expect(" ");
  const int year = in.number(4);
  in.expect(" ");
  const time_of_day time = read_time(in);
  in.expect(" GMT");
  if (!in.finished()) return std::nullopt;
  return to_unix(year, month, day, time);
}

/// "06-Nov-94 08:49:37 GMT"
std::optional<std::int64_t> read_rfc850(reader in) noexcept {
  const int day = in.number(2);
  in.expect("-");
  const unsigned month = in.month();
  in.expect("-");
  const int year = in.number(2);
  in.expect(" ");
  const time_of_day time = read_time(in);
  in.expect(" GMT");
  if (!in.finished()) return std::nullopt;
  return to_unix(year < 70 ? 2000 + year : 1900 + year, month, day, time);
}

/// "Nov  6 08:49:37 1994"
std::optional<std::int64_t> read_asctime(reader in) noexcept {
  const unsigned month = in.month();
  in.expect(" ");
  const int day = in.accept(" ") ? in.number(1) : in.number(2);
  in.expect(" ");
  const time_of_day time = read_time(in);
  in.expect(" ");
  const int year = in.number(4);
  if (!in.finished()) return std::nullopt;
  return to_unix(year, month, day, time);
}

void append_digits(std::string& out, int value, std::size_t digits) {
  const std::size_t end = out.size() + digits;
  out.resize(end, '0');
  for (std::size_t at = end; digits > 0; --digits, value /= 10)
    out[--at] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::string format_amz_date(std::int64_t unix_seconds) {
  constexpr std::int64_t first = -62'167'219'200;  // 0000-01-01T00:00:00Z
  constexpr std::int64_t last = 253'402'300'799;   // 9999-12-31T23:59:59Z
  const std::chrono::sys_seconds moment{
      std::chrono::seconds{std::clamp(unix_seconds, first, last)}};
  const auto midnight = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date{midnight};
  const auto of_day = static_cast<int>((moment - midnight).count());

  std::string out;
  out.reserve(16);
  append_digits(out, static_cast<int>(date.year()), 4);
  append_digits(out, static_cast<int>(static_cast<unsigned>(date.month())), 2);
  append_digits(out, static_cast<int>(static_cast<unsigned>(date.day())), 2);
  out.push_back('T');
  append_digits(out, of_day / 3600, 2);
  append_digits(out, of_day / 60 % 60, 2);
  append_digits(out, of_day % 60, 2);
  out.push_back('Z');
  return out;
}

std::optional<std::int64_t> parse_iso8601(std::string_view text) noexcept {
  reader in(text);
  const int year = in.number(4);
  in.expect("-");
  const int month = in.number(2);
  in.expect("-");
  const int day = in.number(2);
  if (!in.accept(" ")) in.expect("T");
  const time_of_day time = read_time(in);
  if (in.accept(".")) in.skip_digits();

  std::int64_t offset = 0;
  if (!in.accept("Z")) {
    const bool east = in.accept("+");
    if (!east) in.expect("-");
    const int hours = in.number(2);
    in.accept(":");
    const int minutes = in.number(2);
    if (hours > 23 || minutes > 59) return std::nullopt;
    offset = (hours * 60 + minutes) * (east ? 60 : -60);
  }
  if (!in.finished()) return std::nullopt;
  const auto local = to_unix(year, static_cast<unsigned>(month), day, time);
  if (!local) return std::nullopt;
  return *local - offset;
}

std::optional<std::int64_t> parse_http_date(std::string_view text) noexcept {
  // The name of the day says nothing that the date does not say.
  const std::size_t name_end = text.find_first_of(", ");
  if (name_end == std::string_view::npos) return std::nullopt;
  if (text[name_end] == ' ') return read_asctime(reader(text.substr(name_end + 1)));
  const std::string_view rest = text.substr(name_end + 1);
  if (!rest.starts_with(' ')) return std::nullopt;
  if (rest.size() > 3 && rest[3] == '-') return read_rfc850(reader(rest.substr(1)));
  return read_fixdate(reader(rest.substr(1)));
}

}  // namespace lambda_cache::aws
