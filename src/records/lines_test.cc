#include "records/lines.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace warder::records {
namespace {

struct Got {
  std::string text;
  std::uint64_t begin;
  std::uint64_t end;
  bool is_cut;
  friend bool operator==(const Got&, const Got&) = default;
};

std::vector<Got> split_in(std::string_view bytes, const std::vector<std::size_t>& pieces, Encoding encoding,
                          std::size_t max_bytes) {
  std::vector<Got> lines;
  LineSplitter splitter(encoding, 0, max_bytes);
  const auto take = [&](const Line& line) {
    lines.push_back({std::string(line.text), line.begin, line.end, line.is_cut});
  };
  for (const std::size_t piece : pieces) {
    const std::size_t count = std::min(piece, bytes.size());
    splitter.feed(as_bytes(bytes.substr(0, count)), take);
    bytes.remove_prefix(count);
  }
  splitter.feed(as_bytes(bytes), take);
  splitter.finish(take);
  return lines;
}

std::string utf16(std::string_view ascii, Encoding encoding) {
  std::string out = encoding == Encoding::Utf16Le ? "\xff\xfe" : "\xfe\xff";
  for (const char c : ascii) {
    if (encoding == Encoding::Utf16Le) {
      out += c;
      out += '\0';
    } else {
      out += '\0';
      out += c;
    }
  }
  return out;
}

TEST(Lines, EndInLfOrCrLf) {
  const auto lines = split_in("one\ntwo\r\n\nthree", {}, Encoding::Bytes, 100);
  const std::vector<Got> wanted{
      {"one", 0, 4, false}, {"two", 4, 9, false}, {"", 9, 10, false}, {"three", 10, 15, false}};
  EXPECT_EQ(lines, wanted);
}

TEST(Lines, LongOnesAreCutAndTheNextIsWhole) {
  const auto lines = split_in("0123456789abcdef\nnext\n", {}, Encoding::Bytes, 10);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], (Got{"0123456789", 0, 17, true}));
  EXPECT_EQ(lines[1].text, "next");
}

TEST(Lines, AHoleBeforeALineIsLeftOut) {
  const std::string text = std::string(5000, '\0') + "after copytruncate\n";
  const auto lines = split_in(text, {}, Encoding::Bytes, 10'000);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].text, "after copytruncate");
}

TEST(Lines, Utf16ByItsMark) {
  for (const Encoding encoding : {Encoding::Utf16Le, Encoding::Utf16Be}) {
    const std::string bytes = utf16("one\r\ntwo\n", encoding);
    EXPECT_EQ(detect_encoding(as_bytes(bytes)), encoding);
    const auto lines = split_in(bytes, {1, 1, 3, 4}, encoding, 100);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].text, "one");
    EXPECT_EQ(lines[0].end, 12U);
    EXPECT_EQ(lines[1].text, "two");
  }
}

TEST(Lines, Utf16BeyondTheBasicPlane) {
  const std::string bytes("\x3d\xd8\x00\xde\x41\x00\x00\xd8", 8);  // U+1F600, 'A', a lone surrogate
  EXPECT_EQ(utf16_to_utf8(as_bytes(bytes), Encoding::Utf16Le),
            "\xf0\x9f\x98\x80"
            "A"
            "\xef\xbf\xbd");
}

TEST(Lines, AUtf8MarkIsNoPartOfTheFirstLine) {
  const auto lines = split_in("\xef\xbb\xbfhello\n", {1, 1}, Encoding::Bytes, 100);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].text, "hello");
}

// Text in which ends, carriage returns and NULs are frequent.
std::string arbitrary_text() {
  const auto symbols = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '\n', '\r', '\0', '\xff', '\xfe'));
  return symbols;
}

RC_GTEST_PROP(Lines, TheSameInAnyPieces, ()) {
  const std::string text = arbitrary_text();
  const auto pieces = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 6));
  const auto limit = *rc::gen::inRange<std::size_t>(2, 12);
  for (const Encoding encoding : {Encoding::Bytes, Encoding::Utf16Le, Encoding::Utf16Be}) {
    RC_ASSERT(split_in(text, pieces, encoding, limit) == split_in(text, {}, encoding, limit));
  }
}

RC_GTEST_PROP(Lines, OffsetsTileTheBytes, ()) {
  const std::string text = arbitrary_text();
  std::uint64_t at = 0;
  for (const Got& line : split_in(text, {}, Encoding::Bytes, 8)) {
    RC_ASSERT(line.begin == at);
    RC_ASSERT(line.end > line.begin);
    at = line.end;
  }
  RC_ASSERT(at == text.size());
}

}  // namespace
}  // namespace warder::records
