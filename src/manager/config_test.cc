#include "manager/config.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "manager/store/temporary_directory.h"

namespace warder::manager {
namespace {

Result<Config> load(std::string_view text) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "manager.toml";
  EXPECT_TRUE(write_file_atomically(path, text));
  return load_config(path);
}

TEST(Config, HasDefaultsAndTakesWhatIsSet) {
  EXPECT_EQ(load("")->api_listen, "0.0.0.0:8443");
  EXPECT_EQ(load("api_listen = \"[::1]:9443\"\npublic_names = [\"a\", \"b\"]\n")->public_names.size(), 2U);
}

TEST(Config, RefusesWhatCannotBe) {
  const char* const bad[] = {
      "api_listen = \"nonsense\"",
      "api_listen = \"name:8443\"",
      "api_workers = 0",
      "unknown = 1",
      "tls_certificate = \"a.pem\"",
      "log_level = \"verbose\"",
      "session_idle_s = \"60\"",
      "public_names = [",
      "database_url = \"dbname=w\"",
      "event_partition = \"year\"",
      "password_floor_profile = \"pci-3\"",
      "password_floor_rules = [\"min_length\"]",
      "password_floor_rules = [\"min_length=1000\"]",
      "password_floor_rules = [\"min_size=12\"]",
      "database_url = \"password=x\"\ndatabase_owner_url = \"dbname=w\"",
  };
  for (const char* text : bad) {
    const auto config = load(text);
    ASSERT_FALSE(config) << text;
    EXPECT_NE(config.error().message.find("manager.toml"), std::string::npos) << config.error().message;
  }
  EXPECT_EQ(load_config("/nonexistent/manager.toml").error().code, ErrorCode::NotFound);
}

TEST(Config, NamesTheServerByWhatClientsUse) {
  Config config;
  config.public_names = {"manager.example"};
  EXPECT_EQ(server_names(config), (std::vector<std::string>{"manager.example", "localhost", "127.0.0.1", "::1"}));
  EXPECT_EQ(gateway_urls(config), std::vector<std::string>{"https://manager.example:8444"});
  config.public_names.clear();
  config.gateway_listen = "127.0.0.1:9000";
  EXPECT_EQ(gateway_urls(config), std::vector<std::string>{"https://127.0.0.1:9000"});
  config.gateway_urls = {"https://a:1", "https://b:2"};
  EXPECT_EQ(gateway_urls(config), config.gateway_urls);
}

TEST(Config, HasARowForEverySetting) {
  Config config;
  const std::string toml = to_toml(bind_fields(config));
  const auto again = load(toml);
  ASSERT_TRUE(again) << again.error().message;
}

}  // namespace
}  // namespace warder::manager
