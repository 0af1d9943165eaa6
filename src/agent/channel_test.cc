#include "agent/channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "base/bytes.h"

namespace warder::agent {
namespace {

struct Ends {
  Channel supervisor;
  Channel worker;
};

Ends make_ends() {
  auto pair = make_channel_pair();
  return {Channel(std::move(pair->supervisor)), Channel(std::move(pair->worker))};
}

protocol::WorkerEnvelope configure(std::string section) {
  protocol::WorkerEnvelope message;
  message.mutable_configure()->set_section(std::move(section));
  return message;
}

TEST(Channel, CarriesMessagesInOrder) {
  auto ends = make_ends();
  ASSERT_TRUE(ends.supervisor.send(configure("one")));
  ASSERT_TRUE(ends.supervisor.send(configure("two")));
  auto first = ends.worker.receive();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->configure().section(), "one");
  auto second = ends.worker.poll();
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->configure().section(), "two");
  auto none = ends.worker.poll();
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
}

TEST(Channel, CarriesMessagesLargerThanTheSocketsBuffer) {
  auto ends = make_ends();
  const std::string large(5 << 20, 'x');
  std::jthread sender([&] { EXPECT_TRUE(ends.supervisor.send(configure(large))); });
  auto message = ends.worker.receive();
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->configure().section().size(), large.size());
}

TEST(Channel, TellsThatThePeerIsGone) {
  auto pair = make_channel_pair();
  Channel worker(std::move(pair->worker));
  pair->supervisor.reset();
  EXPECT_FALSE(worker.send(configure("lost")));
  auto received = worker.receive();
  ASSERT_TRUE(received);
  EXPECT_FALSE(*received);
  EXPECT_FALSE(worker.poll());
}

TEST(Channel, RefusesBytesThatAreNoMessage) {
  struct Case {
    std::string name;
    Bytes bytes;
  };
  const std::vector<Case> cases = {
      {"a length beyond the limit", {0xff, 0xff, 0xff, 0xff}},
      {"a body that is no protobuf", {0, 0, 0, 2, 0xff, 0xff}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    auto pair = make_channel_pair();
    Channel worker(std::move(pair->worker));
    ASSERT_EQ(::send(pair->supervisor.get(), c.bytes.data(), c.bytes.size(), 0), std::ssize(c.bytes));
    auto received = worker.receive();
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().code, ErrorCode::Corrupt);
  }
}

TEST(Channel, RefusesToSendMoreThanThePeerWouldAccept) {
  auto ends = make_ends();
  const auto sent = ends.supervisor.send(configure(std::string(kMaxWorkerMessageBytes, 'x')));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::TooLarge);
}

}  // namespace
}  // namespace warder::agent
