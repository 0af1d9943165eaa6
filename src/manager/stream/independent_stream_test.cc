#include "manager/stream/independent_stream.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "manager/events/testing.h"
#include "stream/verifier.h"

namespace warder::manager {
namespace {

using stream::FindingKind;
using stream::RecordKind;

class QuietLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*id*/, std::string_view /*message*/,
             std::initializer_list<LogField> /*fields*/) override {}
};

/// What the receiver has, and whether it is there.
struct Taken {
  std::vector<std::string> lines;
  bool is_down = false;
  bool loses_answers = false;  // has them, and cannot say so
};

class FakeTransport final : public StreamTransport {
 public:
  explicit FakeTransport(Taken& taken) : taken_(taken) {}
  Result<void> send(std::span<const SpooledLine> lines, const std::stop_token& /*stop*/) override {
    if (taken_.is_down) return fail(ErrorCode::Unavailable, "the receiver is down");
    for (const SpooledLine& line : lines) taken_.lines.push_back(line.line);
    if (taken_.loses_answers) return fail(ErrorCode::Unavailable, "no answer");
    return {};
  }

 private:
  Taken& taken_;
};

EventStoreOptions keeping() {
  EventStoreOptions options;
  options.keeps_outbox = [](const TenantScope&) { return true; };
  return options;
}

class StreamTest : public ::testing::Test {
 protected:
  StreamTest()
      : events_(keeping(), {audit_schema(), stream_schema()}),
        scopes_(*events_.tenants()),
        audit_(*events_.tenants(), events_.clock()),
        readers_(*events_.tenants(), events_.clock()),
        receiver_(crypto::HpkePrivateKey::generate()) {
    write_settings();
  }

  void write_settings(const std::string& more = "") {
    const std::string text = "destination = \"https://receiver.example/stream\"\nreceiver_key = \"" +
                             stream::to_text(receiver_.public_key()) + "\"\nkey_file = \"" +
                             (folder_.path() / "stream.key").string() + "\"\n" + more;
    ASSERT_TRUE(write_file_atomically(folder_.path() / "stream.toml", text));
  }
  void open() {
    stream_.reset();
    stream_ = IndependentStream::create({*events_.tenants(), scopes_, readers_, audit_, *events_, events_.feed(),
                                         messages_, events_.clock(), log_, metrics_},
                                        {folder_.path() / "stream.toml", folder_.path() / "spool", "this"},
                                        std::make_unique<FakeTransport>(taken_))
                  .value();
  }
  /// All there is to tell is told, and sent where the receiver takes it.
  void settle() {
    while (stream_->work().value() > 0) {
    }
    for (auto sent = stream_->send({}); sent && *sent > 0; sent = stream_->send({})) {
    }
  }
  [[nodiscard]] stream::VerifyReport verify() const {
    stream::Verifier verifier({stream_->known_key(), std::chrono::seconds(30)});
    for (const std::string& line : taken_.lines) verifier.take(line, "f:1");
    return verifier.finish(events_.clock().now());
  }
  [[nodiscard]] bool finds(FindingKind kind) const {
    const auto report = verify();
    return std::ranges::any_of(report.findings, [&](const auto& finding) { return finding.kind == kind; });
  }
  /// Bodies of this kind, as the receiver reads them.
  [[nodiscard]] std::vector<json::object> told(RecordKind kind) const {
    std::vector<json::object> bodies;
    stream::BodyReader reader(receiver_);
    for (const std::string& line : taken_.lines) {
      const auto record = stream::parse_line(line).value();
      if (record.kind == kind) bodies.push_back(parse_json(reader.read(record).value()).value().as_object());
    }
    return bodies;
  }
  [[nodiscard]] std::size_t told_from_agent() const {
    const auto all = told(RecordKind::Event);
    return static_cast<std::size_t>(std::ranges::count_if(
        all, [](const json::object& event) { return event.at("type") == "integrity.file.updated"; }));
  }
  /// Behind the manager's back, in the database of November.
  void tamper(const std::string& sql) {
    const TenantScope scope = events_.scope();
    if (is_on_postgres()) {
      auto db = events_.tenants()->config(scope).acquire().value();
      ASSERT_GT(db->execute(sql).value(), 0);
    } else {
      const auto db = open_sqlite(events_.tenants()->directory(scope) / "events-2026-11.db").value();
      ASSERT_GT(db->execute(sql).value(), 0);
    }
  }

  TemporaryDirectory folder_;
  mutable TestEvents events_;
  ScopeMaker scopes_;
  AuditLog audit_;
  StreamReaders readers_;
  Messages messages_;
  QuietLog log_;
  Metrics metrics_;
  crypto::HpkePrivateKey receiver_;
  Taken taken_;
  std::unique_ptr<IndependentStream> stream_;
};

TEST_F(StreamTest, TellsWhatIsStoredAndItsReceiverAloneReadsIt) {
  ASSERT_TRUE(events_.ingest(make_sequence(1, 3)));  // before the stream
  open();
  ASSERT_TRUE(events_.ingest(make_sequence(4, 8)));
  settle();
  EXPECT_TRUE(verify().is_intact());
  EXPECT_EQ(told_from_agent(), 5U);
  EXPECT_EQ(told(RecordKind::Event).back().at("fields").at("file.path"), "/etc/passwd");
  for (const std::string& line : taken_.lines) EXPECT_EQ(line.find("passwd"), std::string::npos);
  EXPECT_EQ(stream_->waiting().records, 0);
  const auto entries = audit_.list(events_.scope(), {}).value().items;
  EXPECT_EQ(entries.front().record.action, "stream.start");
}

TEST_F(StreamTest, SaysThatStoredEventsWereTakenAway) {
  open();
  settle();
  ASSERT_TRUE(events_.ingest(make_sequence(1, 5)));
  tamper("DELETE FROM outbox WHERE number IN (SELECT max(number) - 2 FROM outbox)");
  tamper("DELETE FROM outbox WHERE number IN (SELECT max(number) FROM outbox)");
  settle();
  EXPECT_EQ(told_from_agent(), 3U);
  EXPECT_EQ(told(RecordKind::Lost).size(), 2U);
  EXPECT_TRUE(finds(FindingKind::Lost));
}

TEST_F(StreamTest, SaysThatAnEventWasDeletedOrTheCountSetBack) {
  open();
  ASSERT_TRUE(events_.ingest(make_sequence(1, 5)));
  tamper("DELETE FROM events WHERE type = 'integrity.file.updated'");
  settle();
  EXPECT_EQ(told(RecordKind::Lost).size(), 5U);
  tamper("DELETE FROM outbox");
  tamper("UPDATE outbox_end SET number = 1");
  settle();
  EXPECT_EQ(told(RecordKind::Lost).back().at("reason"), "the count of stored events went back");
  ASSERT_TRUE(events_.ingest(make_sequence(6, 9)));
  settle();
  EXPECT_EQ(told_from_agent(), 4U);
}

TEST_F(StreamTest, LosesNothingWhileTheReceiverIsAway) {
  open();
  taken_.is_down = true;
  ASSERT_TRUE(events_.ingest(make_sequence(1, 700)));
  settle();
  EXPECT_GT(stream_->waiting().records, 700);
  taken_.is_down = false;
  taken_.loses_answers = true;
  settle();
  taken_.loses_answers = false;
  settle();
  EXPECT_EQ(stream_->waiting().records, 0);
  EXPECT_TRUE(verify().is_intact());
  EXPECT_TRUE(finds(FindingKind::Repeated));
}

TEST_F(StreamTest, ReadsNoMoreThanItsDiskHolds) {
  write_settings("spool_max_bytes = 1048576\n");
  open();
  taken_.is_down = true;
  for (std::uint64_t from = 1; from < 2000; from += 500) ASSERT_TRUE(events_.ingest(make_sequence(from, from + 499)));
  settle();
  EXPECT_LT(stream_->waiting().bytes, 2 << 20);
  EXPECT_LT(stream_->waiting().records, 2000);
  taken_.is_down = false;
  for (int i = 0; i < 10; ++i) settle();
  EXPECT_EQ(told_from_agent(), 2000U);
  EXPECT_TRUE(verify().is_intact());
}

TEST_F(StreamTest, BeatsAndIsMissedWhenItDoesNot) {
  open();
  settle();
  for (int i = 0; i < 3; ++i) {
    events_.clock().advance(std::chrono::seconds(60));
    settle();
  }
  EXPECT_TRUE(verify().is_intact());
  EXPECT_EQ(told(RecordKind::Heartbeat).size(), 3U);
  events_.clock().advance(std::chrono::seconds(100));
  EXPECT_TRUE(finds(FindingKind::Silence));
}

TEST_F(StreamTest, SaysThatItStopsAndGoesOn) {
  open();
  ASSERT_TRUE(events_.ingest(make_sequence(1, 2)));
  stream_->start();
  stream_->stop();
  EXPECT_TRUE(finds(FindingKind::Stopped));
  const auto stopped = told(RecordKind::Event).back();
  EXPECT_EQ(stopped.at("type"), "stream.stopped");
  ASSERT_TRUE(events_.ingest(make_sequence(3, 4)));
  open();
  settle();
  EXPECT_EQ(told_from_agent(), 4U);
  EXPECT_FALSE(finds(FindingKind::Restarted));
  EXPECT_FALSE(finds(FindingKind::Gap));
}

TEST_F(StreamTest, IsNoticedWhenItIsKilledOrItsSpoolIsTaken) {
  open();
  settle();
  open();
  settle();
  EXPECT_TRUE(finds(FindingKind::Restarted));
  stream_.reset();
  std::filesystem::remove_all(folder_.path() / "spool");
  open();
  settle();
  const auto report = verify();
  EXPECT_TRUE(std::ranges::any_of(report.findings, [](const auto& finding) {
    return finding.kind == FindingKind::Restarted && finding.from == 1;
  }));
}

TEST_F(StreamTest, TellsOfChangesOfItsSettings) {
  open();
  settle();
  write_settings("heartbeat_s = 3600\n");
  events_.clock().advance(std::chrono::seconds(3));
  settle();
  ASSERT_EQ(told(RecordKind::Changed).size(), 1U);
  open();
  settle();
  ASSERT_EQ(told(RecordKind::Changed).size(), 2U);
  EXPECT_NE(told(RecordKind::Changed).back().at("now").as_string().find("3600"), std::string::npos);
  std::filesystem::remove(folder_.path() / "stream.toml");
  events_.clock().advance(std::chrono::seconds(3));
  settle();
  EXPECT_EQ(told(RecordKind::Changed).back().at("reason"), "the settings' file is gone");
}

TEST_F(StreamTest, KeepsTheOutboxUntilItHasRead) {
  open();
  settle();
  ASSERT_TRUE(events_.ingest(make_sequence(1, 5)));
  EXPECT_TRUE(readers_.has_any(events_.scope()));
  const OutboxPlace end = events_->outbox_end(events_.scope()).value();
  EXPECT_NE(readers_.read_by_all(events_.scope(), end).value(), end);
  settle();
  EXPECT_EQ(readers_.read_by_all(events_.scope(), end).value(), end);
}

TEST_F(StreamTest, SaysThatItsSettingsAreGone) {
  open();
  settle();
  stream_.reset();
  const StreamParts parts{*events_.tenants(), scopes_,   readers_,        audit_, *events_,
                          events_.feed(),     messages_, events_.clock(), log_,   metrics_};
  tell_missing_streams(parts, "another");
  EXPECT_TRUE(readers_.has_any(events_.scope()));
  tell_missing_streams(parts, "this");
  EXPECT_FALSE(readers_.has_any(events_.scope()));
  EXPECT_EQ(audit_.list(events_.scope(), {}).value().items.front().record.action, "stream.remove");
}

TEST(StreamSettings, AreRefusedWithTheirPlace) {
  const TemporaryDirectory folder;
  const auto path = folder.path() / "stream.toml";
  const std::string key =
      "receiver_key = \"" + stream::to_text(crypto::HpkePrivateKey::generate().public_key()) + "\"\n";
  for (const auto& [text, place] : std::vector<std::pair<std::string, std::string>>{
           {key + "destination = \"http://receiver.example\"\n", "destination"},
           {"destination = \"https://receiver.example\"\nreceiver_key = \"x25519:AA\"\n", "receiver_key"},
           {key + "destination = \"https://receiver.example\"\nname = \"a b\"\n", "name"},
           {key + "destination = \"https://receiver.example\"\nheartbeat_s = 0\n", "heartbeat_s"}}) {
    SCOPED_TRACE(place);
    ASSERT_TRUE(write_file_atomically(path, text));
    const auto settings = load_stream_settings(path);
    ASSERT_FALSE(settings);
    EXPECT_NE(settings.error().message.find(place), std::string::npos) << settings.error().message;
  }
}

TEST(StreamKey, IsMadeOnceAndKeptFromOthers) {
  const TemporaryDirectory folder;
  StreamSettings settings;
  settings.key_file = (folder.path() / "stream.key").string();
  const auto key = open_stream_key(settings).value().known();
  EXPECT_EQ(open_stream_key(settings).value().known(), key);
  std::filesystem::permissions(settings.key_file, std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(open_stream_key(settings).error().code, ErrorCode::Forbidden);
}

}  // namespace
}  // namespace warder::manager
