// Which entry of the cache a request is about.
#include "agent/entries.hpp"

#include <lambda_cache/testing.hpp>

#include "wiring/read_operation.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lambda_cache::agent {
namespace {

class entries_test : public ::testing::Test {
 protected:
  entries_test() { cloud_.serve(cache_); }

  static wanted parameter(const std::string& name, bool decrypt) {
    wanted out;
    out.names = {name};
    out.decrypt = decrypt;
    return out;
  }
  std::shared_ptr<known_entry> find(const wanted& what) { return *known_.find(what).front(); }
  void fetch(const known_entry& of) {
    (void)wiring::read_operation::start(known_.cache(), {of.bound.read(core::no_deadline)})
        ->wait(core::no_deadline);
  }

  client cache_;
  testing::fake_cloud cloud_;
  const settings how_;
  entries known_{how_, cache_.internals()};
};

TEST_F(entries_test, one_request_is_one_entry) {
  EXPECT_EQ(find(parameter("/a", false)), find(parameter("/a", false)));
  EXPECT_NE(find(parameter("/a", false)), find(parameter("/b", false)));
  wanted field = parameter("/a", false);
  field.field = "x";
  EXPECT_NE(find(field), find(parameter("/a", false)));
  EXPECT_EQ(find(field)->bound.entry, find(parameter("/a", false))->bound.entry);
}

TEST_F(entries_test, what_is_no_secure_string_is_the_decrypted_entry) {
  cloud_.put_parameter("/plain", "v");
  cloud_.put_parameter("/secure", "v", {.type = "SecureString"});
  for (const char* name : {"/plain", "/secure"}) {
    const auto decrypted = find(parameter(name, true));
    EXPECT_NE(find(parameter(name, false)), decrypted) << "nothing is known of it yet";
    fetch(*decrypted);
  }
  EXPECT_EQ(find(parameter("/plain", false)), find(parameter("/plain", true)));
  EXPECT_NE(find(parameter("/secure", false)), find(parameter("/secure", true)));
}

TEST_F(entries_test, too_many_names_are_forgotten_but_for_those_that_were_declared) {
  const auto declared = find(parameter("/declared", true));
  declared->is_declared = true;
  const auto asked = find(parameter("/asked", true));
  constexpr int more_than_are_known = 16384;
  for (int i = 0; i < more_than_are_known; ++i)
    find(parameter("/many/" + std::to_string(i), true));
  EXPECT_EQ(find(parameter("/declared", true)), declared);
  EXPECT_NE(find(parameter("/asked", true)), asked);
}

TEST_F(entries_test, a_name_that_cannot_be_is_an_error) {
  const auto found = known_.find(parameter("/a b", false));
  ASSERT_FALSE(found.front());
  EXPECT_EQ(found.front().error().kind, error_kind::invalid_argument);
}

}  // namespace
}  // namespace lambda_cache::agent
