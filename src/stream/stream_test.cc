#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "stream/verifier.h"
#include "stream/writer.h"

namespace warder::stream {
namespace {

using std::chrono::seconds;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};
constexpr seconds kBeat{60};

StreamKey make_key() {
  return {"stream.example", crypto::SigningKey::from_seed(Bytes(32, 7)).value()};
}

const crypto::HpkePrivateKey& receiver() {
  static const crypto::HpkePrivateKey kKey = crypto::HpkePrivateKey::from_bytes(Bytes(32, 9)).value();
  return kKey;
}

/// Batches of these sizes, a second between records.
std::vector<Record> make_stream(const std::vector<std::size_t>& batches) {
  static const StreamKey kKey = make_key();
  ChainPlace place;
  std::vector<Record> all;
  for (const std::size_t size : batches) {
    auto batch = BatchWriter::create(kKey, receiver().public_key(), place).value();
    for (std::size_t i = 0; i < size; ++i) {
      const Timestamp time = kNow + seconds(batch.place().number);
      const bool is_first = batch.place().number == 0;
      batch.add(is_first ? RecordKind::Started : RecordKind::Event, time, time + kBeat,
                "body " + std::to_string(batch.place().number + 1));
    }
    place = batch.place();
    std::ranges::move(std::move(batch).finish(), std::back_inserter(all));
  }
  return all;
}

std::vector<std::string> lines_of(const std::vector<Record>& records) {
  std::vector<std::string> lines;
  for (const Record& record : records) lines.push_back(to_line(record));
  return lines;
}

VerifyReport verify(const std::vector<std::string>& lines, std::optional<Verified> begin = {},
                    std::optional<Timestamp> now = {}) {
  Verifier verifier({make_key().known(), seconds(30), std::move(begin)});
  for (std::size_t i = 0; i < lines.size(); ++i) verifier.take(lines[i], "f:" + std::to_string(i + 1));
  return verifier.finish(now);
}

bool has(const VerifyReport& report, FindingKind kind, std::uint64_t from, std::uint64_t to) {
  return std::ranges::any_of(report.findings, [&](const Finding& finding) {
    return finding.kind == kind && finding.from == from && finding.to == to;
  });
}

TEST(StreamRecord, IsReadAsItWasWrittenAndInNoOtherWay) {
  const auto records = make_stream({3});
  for (const Record& record : records) EXPECT_EQ(parse_line(to_line(record)).value(), record);
  EXPECT_FALSE(parse_line(to_line(records[0]) + " "));
  EXPECT_FALSE(parse_line("{}"));
  BodyReader reader(receiver());
  EXPECT_EQ(reader.read(records[2]).value(), "body 3");
  const auto other = crypto::HpkePrivateKey::generate();
  EXPECT_FALSE(BodyReader(other).read(records[2]));
}

TEST(StreamKeys, AreTheSameAfterBeingText) {
  const StreamKey key = make_key();
  EXPECT_EQ(parse_stream_key(to_text(key)).value().known(), key.known());
  EXPECT_EQ(parse_receiver_key(to_text(receiver().public_key())).value(), receiver().public_key());
  EXPECT_EQ(parse_receiver_private_key(to_text(receiver())).value().public_key(), receiver().public_key());
  EXPECT_FALSE(parse_receiver_key("x25519:AAAA"));
  EXPECT_FALSE(parse_stream_key(to_text(receiver())));
}

TEST(StreamVerifier, FindsNothingInWhatIsWhole) {
  const auto report = verify(lines_of(make_stream({1, 5, 3})), {}, kNow + seconds(60));
  EXPECT_TRUE(report.is_intact());
  EXPECT_EQ(report.records, 9U);
  EXPECT_EQ(report.end.number, 9U);
  EXPECT_EQ(Verified::parse(report.end.text()).value().hash, report.end.hash);
}

TEST(StreamVerifier, SaysWhatIsMissingTwiceOrInAnotherOrder) {
  auto lines = lines_of(make_stream({4, 4}));
  std::swap(lines[1], lines[2]);
  lines.erase(lines.begin() + 5);
  lines.push_back(lines.back());
  const auto report = verify(lines);
  EXPECT_TRUE(has(report, FindingKind::Reordered, 2, 2));
  EXPECT_TRUE(has(report, FindingKind::Gap, 6, 6));
  EXPECT_TRUE(has(report, FindingKind::Repeated, 8, 8));
  EXPECT_FALSE(report.is_intact());
}

TEST(StreamVerifier, SaysThatTheEndOfABatchIsMissing) {
  auto lines = lines_of(make_stream({4, 4}));
  lines.pop_back();
  EXPECT_TRUE(has(verify(lines), FindingKind::Unsigned, 5, 7));
  lines.back().resize(lines.back().size() / 2);
  const auto report = verify(lines);
  EXPECT_TRUE(has(report, FindingKind::Damaged, 0, 0));
  EXPECT_TRUE(has(report, FindingKind::Unsigned, 5, 6));
}

TEST(StreamVerifier, NoticesSilence) {
  const auto lines = lines_of(make_stream({4}));
  const Timestamp due = kNow + seconds(3) + kBeat;
  EXPECT_TRUE(verify(lines, {}, due + seconds(30)).is_intact());
  EXPECT_TRUE(has(verify(lines, {}, due + seconds(31)), FindingKind::Silence, 4, 4));
}

TEST(StreamVerifier, NoticesSilenceBetweenRecords) {
  const StreamKey key = make_key();
  for (const auto& [pause, is_late] : {std::pair{seconds(90), false}, std::pair{seconds(91), true}}) {
    auto batch = BatchWriter::create(key, receiver().public_key(), {}).value();
    batch.add(RecordKind::Started, kNow, kNow + kBeat, "");
    batch.add(RecordKind::Heartbeat, kNow + pause, kNow + pause + kBeat, "");
    EXPECT_EQ(has(verify(lines_of(std::move(batch).finish())), FindingKind::Silence, 2, 2), is_late);
  }
}

TEST(StreamVerifier, GoesOnWhereItEnded) {
  const auto lines = lines_of(make_stream({4, 4}));
  const Verified half = verify({lines.begin(), lines.begin() + 4}).end;
  EXPECT_TRUE(verify(lines, half).is_intact());
  EXPECT_TRUE(verify({lines.begin() + 4, lines.end()}, half).is_intact());
  EXPECT_TRUE(has(verify({lines.begin() + 5, lines.end()}, half), FindingKind::Gap, 5, 5));
  Verified other = half;
  other.hash[0] ^= 1;
  EXPECT_FALSE(verify({lines.begin() + 4, lines.end()}, other).is_intact());
}

TEST(StreamVerifier, SeesAStreamThatBeginsAgain) {
  auto lines = lines_of(make_stream({4, 4}));
  auto again = lines_of(make_stream({2}));  // other ephemeral keys: other records
  std::ranges::move(again, std::back_inserter(lines));
  EXPECT_TRUE(has(verify(lines), FindingKind::Restarted, 1, 1));
}

/// A stream that the manager could have written, with another key.
TEST(StreamVerifier, BelievesOnlyTheKeyItKnows) {
  const StreamKey other{"stream.example", crypto::SigningKey::generate()};
  auto batch = BatchWriter::create(other, receiver().public_key(), {}).value();
  batch.add(RecordKind::Started, kNow, kNow + kBeat, "");
  const auto report = verify(lines_of(std::move(batch).finish()));
  EXPECT_TRUE(has(report, FindingKind::Forged, 1, 1));
  EXPECT_TRUE(has(report, FindingKind::Unsigned, 1, 1));
}

std::vector<std::size_t> any_batches() {
  return *rc::gen::nonEmpty(rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 6)));
}

RC_GTEST_PROP(StreamVerifierProperty, FindsEveryRemoval, ()) {
  auto lines = lines_of(make_stream(any_batches()));
  const std::size_t all = lines.size();
  const auto end = verify(lines).end;
  const auto first = *rc::gen::inRange<std::size_t>(0, all);
  const auto count = *rc::gen::inRange<std::size_t>(1, all - first + 1);
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(first),
              lines.begin() + static_cast<std::ptrdiff_t>(first + count));
  // A whole batch cut off the end is silence: a heartbeat is due.
  const auto report = verify(lines, {}, end.next + seconds(31));
  RC_ASSERT(!report.is_intact());
  if (first + count < all) RC_ASSERT(has(report, FindingKind::Gap, first + 1, first + count));
}

RC_GTEST_PROP(StreamVerifierProperty, FindsEveryChangeOfAByte, ()) {
  auto lines = lines_of(make_stream(any_batches()));
  std::string& line = lines[*rc::gen::inRange<std::size_t>(0, lines.size())];
  const auto at = *rc::gen::inRange<std::size_t>(0, line.size());
  line[at] = static_cast<char>(line[at] ^ *rc::gen::inRange(1, 128));
  RC_ASSERT(!verify(lines).is_intact());
}

RC_GTEST_PROP(StreamVerifierProperty, FindsEveryOtherOrder, ()) {
  auto lines = lines_of(make_stream(any_batches()));
  RC_PRE(lines.size() > 1);
  const auto one = *rc::gen::inRange<std::size_t>(0, lines.size() - 1);
  const auto other = *rc::gen::inRange<std::size_t>(one + 1, lines.size());
  std::swap(lines[one], lines[other]);
  const auto report = verify(lines);
  RC_ASSERT(has(report, FindingKind::Reordered, one + 1, one + 1));
}

RC_GTEST_PROP(StreamVerifierProperty, FindsARecordThatTheManagerDidNotWrite, ()) {
  auto records = make_stream(any_batches());
  const auto at = *rc::gen::inRange<std::size_t>(0, records.size());
  Record& record = records[at];
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      record.time += seconds(1);
      break;
    case 1:
      record.kind = RecordKind::Heartbeat;
      break;
    case 2:
      record.body.push_back(0);
      break;
    case 3:
      record.next += seconds(3600);
      break;
    default:
      record.before[0] ^= 1;
      break;
  }
  RC_ASSERT(!verify(lines_of(records)).is_intact());
}

}  // namespace
}  // namespace warder::stream
