#include "host/software.h"

#include <gtest/gtest.h>

namespace warder::host {
namespace {

constexpr const char* kStatus =
    "Package: openssh-server\n"
    "Status: install ok installed\n"
    "Maintainer: Debian OpenSSH Maintainers <x@example.org>\n"
    "Architecture: amd64\n"
    "Source: openssh\n"
    "Version: 1:9.2p1-2+deb12u3\n"
    "Conffiles:\n"
    " /etc/default/ssh 500e3cf069fe9a7b9936108eb9d9c035\n"
    " /etc/init.d/ssh 3649a6fe8c18ad1d5245fd91737de507 obsolete\n"
    "Description: secure shell (SSH) server\n"
    " Version: 9 is not a field here\n"
    "\n"
    "Package: gone\n"
    "Status: deinstall ok config-files\n"
    "Version: 1\n"
    "\n"
    "Package: libc6\n"
    "Status: install ok unpacked\n"
    "Version: 2.36-9+deb12u7\n"
    "Source: glibc (2.36-9)\n"
    "\n"
    "Version: 3\n"
    "\n"
    "Package: base-files\n"
    "Version: 12.4\n";

TEST(DpkgStatus, ListsWhatIsThere) {
  const auto packages = parse_dpkg_status(kStatus);
  ASSERT_EQ(packages.size(), 3U);
  EXPECT_EQ(packages[0].name, "openssh-server");
  EXPECT_EQ(packages[0].version, "1:9.2p1-2+deb12u3");
  EXPECT_EQ(packages[0].source, "openssh");
  EXPECT_EQ(packages[0].source_version, "1:9.2p1-2+deb12u3");
  EXPECT_EQ(packages[1].source, "glibc");
  EXPECT_EQ(packages[1].source_version, "2.36-9");
  EXPECT_EQ(packages[2].name, "base-files");
  EXPECT_EQ(packages[2].source, "base-files");
}

TEST(DpkgStatus, FindsConfigurationFiles) {
  const auto files = parse_dpkg_conffiles(kStatus, "openssh-server");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[1].path, "/etc/init.d/ssh");
  EXPECT_EQ(files[1].digest, "3649a6fe8c18ad1d5245fd91737de507");
  EXPECT_TRUE(files[1].is_configuration);
  EXPECT_TRUE(parse_dpkg_conffiles(kStatus, "libc6").empty());
}

TEST(Md5sums, KeepsBlanksInPaths) {
  const auto files = parse_md5sums("500e3cf069fe9a7b9936108eb9d9c035  usr/share/a b\nshort\n");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path, "/usr/share/a b");
}

// An rpm header made by hand: index entries and the bytes they point into.
class HeaderMaker {
 public:
  HeaderMaker& text(std::uint32_t tag, std::initializer_list<std::string_view> values, std::uint32_t type = 8) {
    add(tag, type, values.size());
    for (const std::string_view value : values) {
      data_.insert(data_.end(), value.begin(), value.end());
      data_.push_back(0);
    }
    return *this;
  }
  HeaderMaker& numbers(std::uint32_t tag, std::initializer_list<std::uint32_t> values) {
    while (data_.size() % 4 != 0) data_.push_back(0);
    add(tag, 4, values.size());
    for (const std::uint32_t value : values) append_u32be(data_, value);
    return *this;
  }
  [[nodiscard]] Bytes finish() const {
    Bytes out;
    append_u32be(out, count_);
    append_u32be(out, static_cast<std::uint32_t>(data_.size()));
    append(out, index_);
    append(out, data_);
    return out;
  }

 private:
  void add(std::uint32_t tag, std::uint32_t type, std::size_t count) {
    append_u32be(index_, tag);
    append_u32be(index_, type);
    append_u32be(index_, static_cast<std::uint32_t>(data_.size()));
    append_u32be(index_, static_cast<std::uint32_t>(count));
    count_ += 1;
  }
  Bytes index_;
  Bytes data_;
  std::uint32_t count_ = 0;
};

Bytes bash_header() {
  return HeaderMaker()
      .text(1000, {"bash"}, 6)
      .text(1001, {"5.1.8"}, 6)
      .text(1002, {"6.el9"}, 6)
      .numbers(1003, {1})
      .text(1022, {"x86_64"}, 6)
      .text(1044, {"bash-5.1.8-6.el9.src.rpm"}, 6)
      .numbers(5011, {8})
      .text(1035, {"aa", ""})
      .numbers(1037, {1, 0})
      .numbers(1116, {0, 7})
      .text(1117, {"bashrc", "elsewhere"})
      .text(1118, {"/etc/"})
      .finish();
}

TEST(RpmHeader, ReadsPackageAndFiles) {
  const auto header = parse_rpm_header(bash_header(), true);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->package.name, "bash");
  EXPECT_EQ(header->package.version, "1:5.1.8-6.el9");
  EXPECT_EQ(header->package.source, "bash");
  ASSERT_EQ(header->files.size(), 1U);  // the second one's directory does not exist
  EXPECT_EQ(header->files[0].path, "/etc/bashrc");
  EXPECT_EQ(header->files[0].algorithm, "sha256");
  EXPECT_TRUE(header->files[0].is_configuration);
}

TEST(RpmHeader, RefusesWhatIsCut) {
  const Bytes whole = bash_header();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_rpm_header(ByteView(whole).first(size), true)) << size;
}

TEST(Python, ReadsMetadata) {
  const auto package = parse_python_metadata("Metadata-Version: 2.1\nName: requests\nVersion: 2.31.0\n\nName: no\n");
  ASSERT_TRUE(package);
  EXPECT_EQ(package->name, "requests");
  EXPECT_EQ(package->version, "2.31.0");
  EXPECT_FALSE(parse_python_metadata("Name: x\n\nVersion: 1\n"));
}

TEST(Npm, ReadsPackageJson) {
  const auto package = parse_package_json(R"({"name":"@a/b","version":"1.2.3"})");
  ASSERT_TRUE(package);
  EXPECT_EQ(package->name, "@a/b");
  EXPECT_FALSE(parse_package_json(R"({"name":"x"})"));
  EXPECT_FALSE(parse_package_json("\xff"));
}

TEST(Gem, ReadsTheFileName) {
  const auto package = parse_gemspec_name("net-http-persistent-4.0.2-x86_64-linux.gemspec");
  ASSERT_TRUE(package);
  EXPECT_EQ(package->name, "net-http-persistent");
  EXPECT_EQ(package->version, "4.0.2");
  EXPECT_FALSE(parse_gemspec_name("nothing.gemspec"));
}

TEST(Go, ReadsBuildInformation) {
  const std::string modules =
      "path\texample.org/app\nmod\texample.org/app\tv1.0.0\th1:x\ndep\tgolang.org/x/net\tv0.17.0\th1:y\n"
      "dep\texample.org/old\tv0.1.0\n=>\texample.org/fork\tv0.2.0\th1:z\n";
  std::string blob = "\xff Go buildinf:";
  blob += '\x08';
  blob += '\x02';
  blob.append(16, '\0');
  const std::string version = "go1.21.5";
  const std::string whole = std::string(16, 'm') + modules + std::string(16, 'm');
  blob += static_cast<char>(version.size());
  blob += version;
  blob += static_cast<char>((whole.size() & 0x7f) | 0x80);
  blob += static_cast<char>(whole.size() >> 7);
  blob += whole;
  const auto packages = parse_go_build_info(as_bytes(blob));
  ASSERT_EQ(packages.size(), 4U);
  EXPECT_EQ(packages[1].name, "golang.org/x/net");
  EXPECT_EQ(packages[1].version, "v0.17.0");
  EXPECT_EQ(packages[2].name, "example.org/fork");
  EXPECT_EQ(packages[3].name, "stdlib");
  EXPECT_EQ(packages[3].version, "1.21.5");
  EXPECT_TRUE(parse_go_build_info(as_bytes(std::string_view(blob).substr(0, 40))).empty());
}

TEST(Jar, PrefersMaven) {
  const auto maven =
      parse_jar("", "version=2.14.1\ngroupId=org.apache.logging.log4j\nartifactId=log4j-core\n", "x.jar");
  ASSERT_TRUE(maven);
  EXPECT_EQ(maven->name, "org.apache.logging.log4j:log4j-core");
  EXPECT_EQ(maven->version, "2.14.1");
  EXPECT_EQ(parse_jar("", "", "commons-io-2.11.0.jar")->version, "2.11.0");
  EXPECT_EQ(parse_jar("Implementation-Title: Thing\r\nImplementation-Version: 4\r\n", "", "thing.jar")->name, "Thing");
  EXPECT_FALSE(parse_jar("", "", "app.jar"));
}

}  // namespace
}  // namespace warder::host
