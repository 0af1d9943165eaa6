#include "base/markup.h"

#include <gtest/gtest.h>

namespace warder {
namespace {

TEST(Markup, NothingOfATextIsMarkup) {
  EXPECT_EQ(escape_html(R"(<img src="x" onerror='a&b'>)"), R"(&lt;img src=&quot;x&quot; onerror='a&amp;b'&gt;)");
  EXPECT_EQ(escape_html("端末"), "端末");
}

TEST(Markup, NoCellIsAFormula) {
  for (const std::string_view text : {"=1+1", "+1", "-1", "@sum", "\tx", "\rx", "\nx"}) {
    std::string line;
    append_csv_cell(line, text);
    EXPECT_EQ(line, "\"'" + std::string(text) + "\"");
  }
}

TEST(Markup, ACellEndsWhereItEnds) {
  std::string line;
  append_csv_cell(line, R"(say "x", y)");
  append_csv_cell(line, "");
  EXPECT_EQ(line, R"("say ""x"", y","")");
}

}  // namespace
}  // namespace warder
