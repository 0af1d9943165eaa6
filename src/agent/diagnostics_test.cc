#include "agent/diagnostics.h"

#include <gtest/gtest.h>

#include "agent/policy_keeper.h"
#include "agent/status_text.h"
#include "agent/testing.h"
#include "base/file.h"
#include "base/process.h"

namespace warder::agent {
namespace {

TEST(Redact, RemovesSecretsByNameAndFromUrls) {
  const auto value = *parse_json(
      R"({"token":"t","maintenance_key":"k","nested":[{"Password":"p"}],"proxy":"http://me:pw@host","count":1})");
  EXPECT_EQ(json::serialize(redact(value)),
            R"j({"token":"(redacted)","maintenance_key":"(redacted)","nested":[{"Password":"(redacted)"}],)j"
            R"j("proxy":"http://(redacted)@host","count":1})j");
}

TEST(Diagnostics, MakesAnArchiveThatTarReads) {
  const testing::Directory directory;
  const auto file = directory.path() / "bundle.tar.gz";
  const auto bundle = make_bundle({{"a.txt", "hello"}, {"empty", ""}, {"long.txt", std::string(5000, 'x')}},
                                  from_micros(1'700'000'000'000'000));
  ASSERT_TRUE(bundle);
  ASSERT_TRUE(write_file_atomically(file, *bundle));
  const auto unpacked = run_process({"tar", "-xzf", file.string(), "-C", directory.path().string()});
  ASSERT_TRUE(unpacked);
  EXPECT_EQ(unpacked->exit_code, 0) << unpacked->err;
  EXPECT_EQ(*read_file(directory.path() / "warder-diagnostics/a.txt"), "hello");
  EXPECT_EQ(read_file(directory.path() / "warder-diagnostics/long.txt")->size(), 5000U);
}

TEST(Diagnostics, HoldsNoKey) {
  const testing::Directory directory;
  Config config;
  config.state_directory = directory.path().string();
  std::filesystem::create_directories(config.identity_directory());
  ASSERT_TRUE(write_file_atomically(config.identity_directory() / "key.pem", "SECRET-KEY"));
  ASSERT_TRUE(save_policy(config.policy_file(), {"d", "i", "n", R"({"x":{"api_token":"SECRET-KEY"}})"}));
  for (const auto& file : collect_diagnostics(config, json::object{{"session_token", "SECRET-KEY"}})) {
    EXPECT_EQ(file.content.find("SECRET-KEY"), std::string::npos) << file.name;
  }
}

TEST(StatusText, SaysWhatMatters) {
  const auto status = *parse_json(
      R"({"version":"1","state":"degraded","enrolled":true,"agent":"id","uplink":{"state":"unreachable","manager":"https://m",
          "last_error":"no route","clock_offset_ms":-172800000,"certificate_expires":"2026"},
          "spool":{"state":"on","reason":"","events":3,"lost":1},"policy":{"digest":"d","name":"Base"},
          "modules":[{"module":"integrity","state":"degraded","reason":"integrity.watch.overflow"}]})");
  const std::string text = status_text(status.get_object());
  for (const char* words : {"degraded", "unreachable  https://m", "no route", "172800 s ahead", "3 wait, 1 lost",
                            "Base", "integrity             degraded (integrity.watch.overflow)"}) {
    EXPECT_NE(text.find(words), std::string::npos) << words << " in\n" << text;
  }
  EXPECT_NE(status_text({}).find("not enrolled"), std::string::npos);
}

TEST(SelfTestText, ListsTheChecks) {
  const auto result = *parse_json(
      R"({"succeeded":false,"output":{"checks":[{"check":"spool","succeeded":true,"detail":"0 events wait"},
          {"check":"uplink","succeeded":false,"detail":"unreachable"}]}})");
  const std::string text = self_test_text(result.get_object());
  EXPECT_NE(text.find("spool                 ok      0 events wait"), std::string::npos) << text;
  EXPECT_NE(text.find("uplink                FAILED  unreachable"), std::string::npos) << text;
}

}  // namespace
}  // namespace warder::agent
