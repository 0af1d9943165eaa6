#include "engines/ips/app/app_flow.h"

#include <gtest/gtest.h>

namespace warder::ips::app {
namespace {

TEST(AppFlow, GivesUpWhenNothingFits) {
  const Limits limits;
  AppFlow flow(limits, {});
  flow.feed(Direction::ToServer, as_bytes(std::string(5000, '\x01')));
  EXPECT_TRUE(flow.is_settled(Direction::ToServer));
  EXPECT_EQ(flow.protocol(), Protocol::Unknown);
  flow.feed(Direction::ToClient, as_bytes(std::string(5000, '\x01')));
  EXPECT_EQ(flow.protocol(), Protocol::Failed);
  EXPECT_TRUE(flow.is_finished());
}

TEST(AppFlow, BuffersAreNamedOnce) {
  for (const auto& row : buffers()) EXPECT_EQ(find_buffer(row.names[0]), row.id) << row.names[0];
  for (const auto& row : numbers()) EXPECT_EQ(find_number(row.keywords[0]), row.id) << row.keywords[0];
}

}  // namespace
}  // namespace warder::ips::app
