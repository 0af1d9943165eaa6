#include "packet/byte_stream.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <optional>

namespace warder::packet {
namespace {

constexpr std::uint64_t kRoom = 1 << 20;

class Stream {
 public:
  explicit Stream(StreamRules rules = {}, std::uint64_t room = kRoom) : rules_(rules), pool_(room) {}
  ~Stream() { stream_.reset(pool_); }
  SegmentResult add(std::uint64_t offset, std::string_view text) {
    return stream_.add(offset, as_bytes(text), rules_, pool_);
  }
  void acknowledge(std::uint64_t offset) { stream_.acknowledge(offset); }
  /// What may be read now, holes as '_' each; both readers go on.
  std::string take() {
    std::string text;
    while (true) {
      const StreamView view = stream_.read(StreamReader::App);
      if (view.bytes.empty() && view.gap == 0) break;
      text.append(view.gap, '_');
      text += as_text(view.bytes);
      stream_.advance(StreamReader::App, view.offset + view.bytes.size(), pool_);
    }
    stream_.close(StreamReader::Raw, pool_);
    return text;
  }
  ByteStream& stream() { return stream_; }
  StreamPool& pool() { return pool_; }

 private:
  StreamRules rules_;
  StreamPool pool_;
  ByteStream stream_;
};

TEST(ByteStream, GivesWhatIsAcknowledged) {
  Stream s;
  EXPECT_TRUE(s.add(0, "hello ").is_stored);
  EXPECT_EQ(s.take(), "");
  s.acknowledge(3);
  EXPECT_EQ(s.take(), "hel");
  s.add(6, "world");
  s.acknowledge(11);
  EXPECT_EQ(s.take(), "lo world");
  EXPECT_EQ(s.stream().memory(), 0U);
  EXPECT_EQ(s.pool().in_use(), 0U);
}

TEST(ByteStream, InlineGivesWhatIsInOrder) {
  Stream s(StreamRules{.is_inline = true});
  s.stream().release();
  s.add(6, "world");
  EXPECT_EQ(s.take(), "");
  s.add(0, "hello ");
  EXPECT_EQ(s.take(), "hello world");
}

TEST(ByteStream, AHoleIsAGapOnlyWhenTheOtherSideHasIt) {
  Stream s;
  s.add(0, "ab");
  s.add(5, "fg");
  s.acknowledge(2);
  EXPECT_EQ(s.take(), "ab");
  s.acknowledge(7);
  EXPECT_EQ(s.take(), "___fg");
  s.add(9, "jk");
  s.acknowledge(9);
  EXPECT_EQ(s.take(), "__");
  s.acknowledge(11);
  EXPECT_EQ(s.take(), "jk");
}

TEST(ByteStream, FinishGivesTheRest) {
  Stream s;
  s.add(0, "ab");
  s.add(4, "ef");
  s.stream().finish();
  EXPECT_EQ(s.take(), "ab__ef");
}

TEST(ByteStream, RetransmissionsAreKnown) {
  Stream s;
  s.add(0, "abcd");
  EXPECT_TRUE(s.add(0, "abcd").is_retransmission);
  EXPECT_FALSE(s.add(0, "abcd").overlaps_differently);
  EXPECT_TRUE(s.add(1, "XX").overlaps_differently);
  s.acknowledge(4);
  s.take();
  EXPECT_TRUE(s.add(0, "abcd").is_before_base);
  const SegmentResult half = s.add(2, "cdef");
  EXPECT_TRUE(half.is_stored);
  EXPECT_FALSE(half.overlaps_differently);
}

TEST(ByteStream, OverlapsByPolicy) {
  struct Case {
    std::string name;
    StreamPolicy policy;
    std::vector<std::pair<std::uint64_t, std::string>> segments;
    std::string expected;
  };
  using enum StreamPolicy;
  const std::vector<std::pair<std::uint64_t, std::string>> same = {{0, "AA"}, {0, "BB"}};
  const std::vector<std::pair<std::uint64_t, std::string>> longer = {{0, "AA"}, {0, "BBB"}};
  const std::vector<std::pair<std::uint64_t, std::string>> before = {{1, "AA"}, {0, "BB"}};
  const std::vector<std::pair<std::uint64_t, std::string>> after = {{0, "AA"}, {1, "BB"}};
  const Case cases[] = {
      {"same", First, same, "AA"},        {"same", Last, same, "BB"},       {"same", Bsd, same, "AA"},
      {"same", Linux, same, "AA"},        {"same", OldLinux, same, "BB"},   {"same", Windows, same, "AA"},
      {"same", Solaris, same, "BB"},      {"longer", Linux, longer, "BBB"}, {"longer", Bsd, longer, "AAB"},
      {"before", First, before, "BAA"},   {"before", Bsd, before, "BBA"},   {"before", Linux, before, "BBA"},
      {"before", Solaris, before, "BAA"}, {"after", First, after, "AAB"},   {"after", Bsd, after, "AAB"},
      {"after", Last, after, "ABB"},      {"after", Solaris, after, "ABB"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name + " " + std::string(name(c.policy)));
    Stream s(StreamRules{.policy = c.policy});
    for (const auto& [at, text] : c.segments) s.add(at, text);
    s.stream().finish();
    EXPECT_EQ(s.take(), c.expected);
    Stream in(StreamRules{.policy = c.policy, .is_inline = true});
    for (const auto& [at, text] : c.segments) in.add(at, text);
    in.stream().finish();
    Stream first(StreamRules{.policy = First});
    for (const auto& [at, text] : c.segments) first.add(at, text);
    first.stream().finish();
    EXPECT_EQ(in.take(), first.take());
  }
}

TEST(ByteStream, LimitsHold) {
  Stream deep(StreamRules{.limits = {.depth = 4}});
  EXPECT_TRUE(deep.add(0, "abcdef").is_over_depth);
  EXPECT_TRUE(deep.add(6, "gh").is_over_depth);
  deep.acknowledge(8);
  EXPECT_EQ(deep.take(), "abcd");
  Stream ahead(StreamRules{.limits = {.max_ahead = 8}});
  EXPECT_TRUE(ahead.add(100, "x").is_over_limit);
  Stream small({}, 1024);
  EXPECT_TRUE(small.add(0, "x").is_over_limit);
  EXPECT_EQ(small.pool().refusals(), 1U);
}

TEST(ByteStream, ReadersGoAtTheirOwnPace) {
  Stream s;
  s.add(0, "abcdef");
  s.acknowledge(6);
  s.stream().advance(StreamReader::App, 6, s.pool());
  EXPECT_EQ(as_text(s.stream().read(StreamReader::Raw).bytes), "abcdef");
  s.stream().advance(StreamReader::Raw, 2, s.pool());
  EXPECT_EQ(as_text(s.stream().read(StreamReader::Raw).bytes), "cdef");
  s.stream().close(StreamReader::App, s.pool());
  s.stream().close(StreamReader::Raw, s.pool());
  EXPECT_EQ(s.pool().in_use(), 0U);
  EXPECT_FALSE(s.add(6, "gh").is_stored);
}

RC_GTEST_PROP(ByteStream, AnySegmentationAndOrderGivesTheSameBytes, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(1, 9000);
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 >> 3U);
  std::vector<std::pair<std::size_t, std::size_t>> segments;
  const auto step = *rc::gen::inRange<std::size_t>(1, 1500);
  for (std::size_t at = 0; at < size;) {
    const auto length = *rc::gen::inRange<std::size_t>(1, step + 1);
    segments.emplace_back(at, std::min(size, at + length));
    // Sometimes it says again what it has said.
    if (*rc::gen::inRange(0, 5) == 0) segments.emplace_back(at / 2, std::min(size, at + length));
    at += length;
  }
  const bool is_inline = *rc::gen::arbitrary<bool>();
  const auto reach = *rc::gen::inRange<std::size_t>(1, 12);  // how far the order is disturbed
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    const std::size_t j = std::min(segments.size() - 1, i + *rc::gen::inRange<std::size_t>(0, reach));
    std::swap(segments[i], segments[j]);
  }
  Stream s(StreamRules{.policy = static_cast<StreamPolicy>(*rc::gen::inRange(0, 9)), .is_inline = is_inline});
  if (is_inline) s.stream().release();
  std::string read;
  std::vector<bool> had(size);
  std::size_t in_order = 0;
  for (const auto& [begin, end] : segments) {
    RC_ASSERT(!s.add(begin, std::string_view(text).substr(begin, end - begin)).overlaps_differently);
    std::fill(had.begin() + static_cast<std::ptrdiff_t>(begin), had.begin() + static_cast<std::ptrdiff_t>(end), true);
    while (in_order < size && had[in_order]) ++in_order;
    if (*rc::gen::arbitrary<bool>()) s.acknowledge(in_order);
    read += s.take();
    RC_ASSERT(!is_inline || read.size() == in_order);
  }
  s.acknowledge(size);
  read += s.take();
  RC_ASSERT(read == text);
  RC_ASSERT(s.pool().in_use() == 0U);
}

}  // namespace
}  // namespace warder::packet
