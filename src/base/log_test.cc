#include "base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"

namespace warder {
namespace {

/// What `write` puts on the log's descriptor.
std::string logged(bool journal_prefix, const std::function<void(Log&)>& write) {
  int fds[2];
  if (pipe(fds) != 0) return {};
  const UniqueFd read_end{fds[0]};
  UniqueFd write_end{fds[1]};
  JsonLogOptions options;
  options.fd = write_end.get();
  options.component = "test";
  options.journal_prefix = journal_prefix;
  options.now = [] { return from_micros(0); };
  write(*make_json_log(options));
  write_end.reset();
  char buffer[4096];
  const ssize_t count = read(read_end.get(), buffer, sizeof(buffer));
  return {buffer, static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
}

TEST(JsonLog, WritesOneLine) {
  EXPECT_EQ(logged(false,
                   [](Log& log) {
                     log.warning("a.b", "it \"failed\"", {{"path", "/x\n\xff"}});
                   }),
            "{\"time\":\"1970-01-01T00:00:00.000000Z\",\"level\":\"warning\",\"component\":\"test\",\"id\":\"a.b\","
            "\"message\":\"it \\\"failed\\\"\",\"path\":\"/x\\n\\\\xff\"}\n");
}

TEST(JsonLog, LetsNoSecretOut) {
  const std::string line = logged(false, [](Log& log) {
    log.error("a", "postgresql://app:canary-1@db refused", {{"new_password", "canary-2"}, {"body", "token=canary-3"}});
  });
  EXPECT_EQ(line.find("canary"), std::string::npos) << line;
  EXPECT_NE(line.find("postgresql://app:[secret]@db refused"), std::string::npos) << line;
}

TEST(JsonLog, GivesSystemdThePriority) {
  EXPECT_TRUE(logged(true, [](Log& log) { log.error("a", "m"); }).starts_with("<3>{\"time\""));
  EXPECT_TRUE(logged(true, [](Log& log) { log.info("a", "m"); }).starts_with("<6>{"));
}

TEST(JsonLog, DropsWhatIsBelowItsLevel) {
  EXPECT_EQ(logged(false, [](Log& log) { log.debug("a", "m"); }), "");
}

}  // namespace
}  // namespace warder
