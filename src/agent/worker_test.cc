#include "agent/worker.h"

#include <gtest/gtest.h>

#include <thread>

#include "agent/testing.h"
#include "base/json.h"
#include "base/random.h"
#include "host/testing/clock.h"

namespace warder::agent {
namespace {

/// Emits one event, and notes whether a refusal meant that it should stop.
class Emitting : public Module {
 public:
  Emitting(ModuleContext& context, bool& was_asked_first) : context_(context), was_asked_first_(was_asked_first) {}

  Result<void> configure(const json::object& /*section*/) override { return {}; }
  Result<void> run(std::stop_token stop) override {
    UuidGenerator ids(fill_random);
    Event event;
    event.time = context_.clock.now();
    event.id = EventId{ids.next(event.time)};
    event.type = "integrity.watch.overflow";
    const auto emitted = context_.events.emit({&event, 1});
    was_asked_first_ = !emitted && stop.stop_requested();
    return emitted;
  }
  Result<json::object> execute(std::string_view /*name*/, const json::object& /*arguments*/) override {
    return json::object{};
  }
  [[nodiscard]] ModuleStatus status() const override { return {}; }

 private:
  ModuleContext& context_;
  bool& was_asked_first_;
};

TEST(Worker, AsksItsModuleToStopBeforeItRefusesEvents) {
  auto pair = make_channel_pair();
  ASSERT_TRUE(pair);
  Channel supervisor(std::move(pair->supervisor));
  Channel channel(std::move(pair->worker));
  bool was_asked_first = false;
  const ModuleDescription description{"emitting", ModuleKind::Integrity, {}, [&](ModuleContext& context) {
                                        return std::make_unique<Emitting>(context, was_asked_first);
                                      }};
  testing::QuietLog log;
  const warder::testing::ManualClock clock;
  int code = -1;
  std::jthread worker([&] { code = run_worker(description, channel, log, clock, {}); });
  protocol::WorkerEnvelope configure;
  configure.mutable_configure()->set_section("{}");
  ASSERT_TRUE(supervisor.send(configure));
  // The event comes and is never said to be stored.
  for (auto message = supervisor.receive(); message && *message && !(*message)->has_events();)
    message = supervisor.receive();
  protocol::WorkerEnvelope stop;
  stop.mutable_stop();
  ASSERT_TRUE(supervisor.send(stop));
  worker.join();
  EXPECT_EQ(code, 0);
  EXPECT_TRUE(was_asked_first);
}

}  // namespace
}  // namespace warder::agent
