// Dates of answers and headers. Input: the text.
#include "aws/timestamps.hpp"

#include "aws/service_error.hpp"
#include "fuzz/target.hpp"

#include <cstring>

namespace lambda_cache::fuzz {
namespace {

constexpr std::int64_t first = -62'167'219'200;  // 0000-01-01T00:00:00Z
constexpr std::int64_t last = 253'402'300'800;   // 10000-01-01T00:00:00Z
constexpr std::int64_t day = 86'400;

/// "20150830T123600Z" as "2015-08-30T12:36:00Z".
std::string spread(const std::string& date) {
  return date.substr(0, 4) + "-" + date.substr(4, 2) + "-" + date.substr(6, 5) + ":" +
         date.substr(11, 2) + ":" + date.substr(13);
}

void check(std::int64_t moment) {
  require(moment >= first - day && moment <= last + day, "a date is in the calendar");
  const std::int64_t clamped = std::clamp(moment, first, last - 1);
  require(aws::parse_iso8601(spread(aws::format_amz_date(moment))) == clamped,
          "a date that is written is read again");
}

}  // namespace

void timestamps(std::string_view input) {
  if (const auto moment = aws::parse_iso8601(input)) check(*moment);
  if (const auto moment = aws::parse_http_date(input)) check(*moment);
  std::int64_t any = 0;
  if (!input.empty()) std::memcpy(&any, input.data(), std::min(input.size(), sizeof(any)));
  require(aws::format_amz_date(any).size() == 16, "a date has one form");
  any %= last;
  if (any > first) check(any);
}

}  // namespace lambda_cache::fuzz
