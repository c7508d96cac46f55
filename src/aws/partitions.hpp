// The partitions of AWS: which regions they have and under which domains their services run.
#pragma once

#include <array>
#include <string_view>

namespace lambda_cache::aws {

struct partition {
  std::string_view id;
  /// What their region names begin with; "-<word>-<number>" follows.
  std::string_view region_prefix;
  std::string_view suffix;
  std::string_view dual_stack_suffix;
};

inline constexpr std::array<partition, 8> partitions = {{
    {"aws", "", "amazonaws.com", "api.aws"},
    {"aws-cn", "cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"aws-us-gov", "us-gov", "amazonaws.com", "api.aws"},
    {"aws-eusc", "eusc-de", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"aws-iso", "us-iso", "c2s.ic.gov", "api.aws.ic.gov"},
    {"aws-iso-b", "us-isob", "sc2s.sgov.gov", "api.aws.scloud"},
    {"aws-iso-e", "eu-isoe", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"aws-iso-f", "us-isof", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
}};

}  // namespace lambda_cache::aws
