#include "manager/store/dialect.h"

#include <gtest/gtest.h>

namespace warder::manager {
namespace {

TEST(ToPostgres, NumbersPlacesOutsideOfLiterals) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"SELECT ?1, ?2", "SELECT $1, $2"},
      {"SELECT '?1', \"?2\" -- ?3\n, ?12", "SELECT '?1', \"?2\" -- ?3\n, $12"},
      {"SELECT 'it''s ?1' /* ?2 */ || ?1", "SELECT 'it''s ?1' /* ?2 */ || $1"},
      {"SELECT '?1", "SELECT '?1"},
      {"/* ?1", "/* ?1"},
  };
  for (const auto& [sql, expected] : cases) {
    const auto made = to_postgres(sql);
    ASSERT_TRUE(made) << sql;
    EXPECT_EQ(made->text, expected);
  }
  EXPECT_EQ(to_postgres("?3 ?1").value().parameters, 3);
}

TEST(ToPostgres, RefusesAPlaceWithoutItsNumber) {
  for (const std::string_view sql : {"SELECT ?", "SELECT ?0", "SELECT ?x", "SELECT ?99999999999999999999"})
    EXPECT_FALSE(to_postgres(sql)) << sql;
}

TEST(ToPostgresDdl, ReplacesWholeWordsOnly) {
  EXPECT_EQ(to_postgres_ddl("CREATE TABLE a (text_b BLOB NOT NULL, c TEXT DEFAULT 'TEXT') WITHOUT ROWID"),
            "CREATE TABLE a (text_b BYTEA NOT NULL, c TEXT COLLATE \"C\" DEFAULT 'TEXT')");
  EXPECT_EQ(to_postgres_ddl("CREATE TABLE a (b BIGINT) /*postgres: PARTITION BY RANGE (b)*/"),
            "CREATE TABLE a (b BIGINT) PARTITION BY RANGE (b)");
  EXPECT_EQ(to_postgres_ddl("CREATE TABLE BLOBS (CONTEXT BIGINT)"), "CREATE TABLE BLOBS (CONTEXT BIGINT)");
}

TEST(QuotedName, TakesNamesOfOursOnly) {
  EXPECT_EQ(quoted_name("t_0199").value(), "\"t_0199\"");
  for (const std::string_view name : {"", "a\"b", "A", "a.b", "a b", "t_1; DROP TABLE x", "\xc3\xa4"})
    EXPECT_FALSE(quoted_name(name)) << name;
  EXPECT_FALSE(quoted_name(std::string(64, 'a')));
}

}  // namespace
}  // namespace warder::manager
