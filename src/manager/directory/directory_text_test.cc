#include "manager/directory/directory_text.h"

#include <gtest/gtest.h>

namespace warder::manager {
namespace {

TEST(DirectoryText, ValuesInFiltersStandForThemselvesOnly) {
  EXPECT_EQ(escape_filter_value("alice"), "alice");
  EXPECT_EQ(escape_filter_value("*)(uid=*"), "\\2a\\29\\28uid=\\2a");
  EXPECT_EQ(escape_filter_value("a\\b"), "a\\5cb");
  EXPECT_EQ(escape_filter_value(std::string_view("a\0b", 3)), "a\\00b");
  EXPECT_EQ(escape_filter_value("é"), "\\c3\\a9");
}

TEST(DirectoryText, ValuesInNamesStandForThemselvesOnly) {
  EXPECT_EQ(escape_dn_value("x,ou=admins"), "x\\2cou\\3dadmins");
  EXPECT_EQ(escape_dn_value(" #\"+,;<>\\ "), "\\20\\23\\22\\2b\\2c\\3b\\3c\\3e\\5c\\20");
}

TEST(DirectoryText, TemplatesTakeEscapedValues) {
  EXPECT_EQ(fill_filter("(&(a=b)(uid={username}))", {{"username", "*"}}).value(), "(&(a=b)(uid=\\2a))");
  EXPECT_EQ(fill_filter("(|(a={x})(b={y})(c={x}))", {{"x", "1"}, {"y", "{x}"}}).value(), "(|(a=1)(b={x})(c=1))")
      << "a value is no template";
  EXPECT_EQ(fill_filter("(uid={other})", {{"username", "x"}}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(widen_filter("(&(a=b)(uid={username}))"), "(&(a=b)(uid=*))");
}

TEST(DirectoryText, FiltersAreChecked) {
  EXPECT_TRUE(check_filter("(&(objectClass=person)(member:1.2.840.113556.1.4.1941:=cn=x))"));
  for (const char* bad : {"", "uid=x", "(uid=x", "(uid=x))", "(&(uid=x)", "()", "(=x)"}) {
    SCOPED_TRACE(bad);
    EXPECT_EQ(check_filter(bad).has_value(), false);
  }
}

TEST(DirectoryText, NamesHaveOneSpelling) {
  EXPECT_EQ(normal_dn("CN=Ops ,  OU=Groups,DC=example,DC=com").value(), "cn=ops,ou=groups,dc=example,dc=com");
  EXPECT_EQ(normal_dn("cn=a\\2cb").value(), normal_dn("CN=A\\,B").value());
  for (const char* bad : {"", "  ", "ops", "cn=a,,ou=b"}) {
    SCOPED_TRACE(bad);
    EXPECT_EQ(normal_dn(bad).has_value(), false);
  }
}

TEST(DirectoryText, IdentifiersOfActiveDirectory) {
  const std::string bytes("\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16);
  EXPECT_EQ(guid_text(bytes).value(), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(guid_text(bytes.substr(1)), std::nullopt);
  const std::string sid("\x01\x02\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\x51\x04\x00\x00", 16);
  EXPECT_EQ(sibling_sid(sid, 513).value(), sid.substr(0, 12) + std::string("\x01\x02\x00\x00", 4));
  EXPECT_EQ(sibling_sid(sid.substr(1), 513), std::nullopt);
  EXPECT_EQ(sibling_sid("", 513), std::nullopt);
}

}  // namespace
}  // namespace warder::manager
