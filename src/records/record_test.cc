#include "records/record.h"

#include <gtest/gtest.h>

#include "records/audit.h"

namespace warder::records {
namespace {

// Feeds lines and gives the records; "<" in between marks what only the flush gave.
std::vector<std::string> join(Framing& framing, std::string_view text) {
  std::vector<std::string> records;
  const auto take = [&](Record record) { records.push_back(std::move(record.text)); };
  LineSplitter splitter(Encoding::Bytes, 0, 1000);
  splitter.feed(as_bytes(text), [&](const Line& line) { framing.add(line, take); });
  const std::size_t before = records.size();
  framing.flush(take);
  if (records.size() > before) records.insert(records.begin() + static_cast<std::ptrdiff_t>(before), "<");
  return records;
}

std::vector<std::string> join(Format format, std::string_view text, MultiLine multi_line = {}) {
  auto framing = make_framing({format, std::move(multi_line), 200});
  EXPECT_TRUE(framing);
  return join(**framing, text);
}

using Strings = std::vector<std::string>;

TEST(Record, OneLineEach) {
  EXPECT_EQ(join(Format::Syslog, "a\n\nb\n"), (Strings{"a", "b"}));
  EXPECT_EQ(join(Format::Iis, "#Fields: date\n2026 GET\n"), Strings{"2026 GET"});
}

TEST(Record, MultiLineInThreeWays) {
  EXPECT_EQ(join(Format::MultiLine, "a\nb\nc\nd\n", {2, false, ""}), (Strings{"a b", "c d"}));
  EXPECT_EQ(join(Format::MultiLine, "a\n b\n\tc\nd\n", {0, true, ""}), (Strings{"a  b \tc", "<", "d"}));
  EXPECT_EQ(join(Format::MultiLine, "1 a\nb\n2 c\n", {0, false, R"(^\d)"}), (Strings{"1 a b", "<", "2 c"}));
}

TEST(Record, PostgreSqlCsvEndsWhereItsQuotesDo) {
  const std::string csv =
      "2026-11-22 10:00:00.000 UTC,\"u\",\"d\",1,\"\",,\"select 1\nfrom \"\"t\"\"\",0\n"
      "2026-11-22 10:00:01.000 UTC,\"u\",\"d\",2,\"\",,\"x\",0\n";
  const auto records = join(Format::PostgreSql, csv);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_NE(records[0].find("select 1 from \"\"t\"\""), std::string::npos);
}

TEST(Record, PostgreSqlTextGoesOnUntilTheNextTime) {
  const auto records =
      join(Format::PostgreSql,
           "2026-11-22 10:00:00.000 UTC [7] ERROR:  no \"x\n\tmore\n2026-11-22 10:00:01 UTC [7] LOG:  y\n");
  EXPECT_EQ(records, (Strings{"2026-11-22 10:00:00.000 UTC [7] ERROR:  no \"x \tmore", "<",
                              "2026-11-22 10:00:01 UTC [7] LOG:  y"}));
}

TEST(Record, MySqlSlowQueriesAreOneRecord) {
  const auto records = join(Format::MySql,
                            "# Time: 2026-11-22T10:00:00Z\n# User@Host: a[a]\nselect 1;\n"
                            "# Time: 2026-11-22T10:00:09Z\nselect 2;\n");
  EXPECT_EQ(records, (Strings{"# Time: 2026-11-22T10:00:00Z # User@Host: a[a] select 1;", "<",
                              "# Time: 2026-11-22T10:00:09Z select 2;"}));
}

TEST(Record, SnortFullBlocks) {
  EXPECT_EQ(join(Format::SnortFull, "[**] [1:1:1] x [**]\n01/02 192.0.2.1 -> 192.0.2.2\n\n[**] [1:2:1] y [**]\n"),
            (Strings{"[**] [1:1:1] x [**] 01/02 192.0.2.1 -> 192.0.2.2", "<", "[**] [1:2:1] y [**]"}));
}

constexpr std::string_view kAudit =
    "type=SYSCALL msg=audit(1700000000.1:10): syscall=59\n"
    "type=SYSCALL msg=audit(1700000000.1:11): syscall=2\n"
    "type=EXECVE msg=audit(1700000000.1:10): a0=\"ls\"\n"
    "type=EOE msg=audit(1700000000.1:10): \n"
    "type=USER_LOGIN msg=audit(1700000000.2:12): pid=1\n"
    "type=EOE msg=audit(1700000000.1:11): \n";

TEST(Record, AuditRecordsOfOneEventAreJoined) {
  EXPECT_EQ(
      join(Format::Audit, kAudit),
      (Strings{"type=SYSCALL msg=audit(1700000000.1:10): syscall=59 type=EXECVE msg=audit(1700000000.1:10): a0=\"ls\"",
               "type=SYSCALL msg=audit(1700000000.1:11): syscall=2",
               "type=USER_LOGIN msg=audit(1700000000.2:12): pid=1"}));
}

TEST(Record, AuditGoesOnInANewProcessWithoutRepeating) {
  for (std::size_t cut = 0; cut <= kAudit.size(); ++cut) {
    if (cut > 0 && kAudit[cut - 1] != '\n') continue;
    SCOPED_TRACE(cut);
    std::vector<std::string> records;
    const auto take = [&](Record record) { records.push_back(std::move(record.text)); };
    const auto feed = [&](Framing& framing, std::uint64_t from, std::string_view text) {
      LineSplitter splitter(Encoding::Bytes, from, 1000);
      splitter.feed(as_bytes(text), [&](const Line& line) { framing.add(line, take); });
    };
    const auto first = make_audit_framing(1000);
    feed(*first, 0, kAudit.substr(0, cut));
    const std::uint64_t at = first->pending().value_or(cut);
    const auto second = make_audit_framing(1000);
    second->restore(first->state());
    feed(*second, at, kAudit.substr(at));
    second->flush(take);
    const auto whole = make_audit_framing(1000);
    EXPECT_EQ(records, [&] {
      auto all = join(*whole, kAudit);
      std::erase(all, "<");
      return all;
    }());
  }
}

TEST(Record, HoldsABoundedAmount) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += " more and more of the same record\n";
  const auto records = join(Format::MultiLine, "first\n" + text, {0, true, ""});
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].size(), 200U);
}

TEST(Record, PendingIsTheFirstLineNotHandedOver) {
  auto framing = *make_framing({Format::MultiLine, {0, true, ""}, 200});
  const auto ignore = [](Record) {};
  framing->add({"a", 0, 2, false}, ignore);
  EXPECT_EQ(framing->pending(), 0U);
  framing->add({"b", 2, 4, false}, ignore);
  EXPECT_EQ(framing->pending(), 2U);
  framing->flush(ignore);
  EXPECT_FALSE(framing->pending());
}

}  // namespace
}  // namespace warder::records
