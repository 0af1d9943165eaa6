// Backup and restore of SQLite files, and what stands in their way. PostgreSQL: tests/system/test_backup.py.
#include "manager/backup/backup.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "manager/store/db.h"
#include "manager/store/sqlite_copy.h"
#include "manager/store/temporary_directory.h"

namespace warder::manager {
namespace {

namespace fs = std::filesystem;

const Timestamp kMade = from_micros(1'795'770'900'000'000);

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() {
    fs::create_directories(data_ / "tenants" / "one");
    fs::create_directories(data_ / "keys");
    fs::create_directories(backups_);
    for (const char* name : {"control.db", "tenants/one/config.db", "tenants/one/events-2026-01.db"}) fill(name, 100);
    EXPECT_TRUE(write_file_atomically(data_ / "ca.pem", "certificate"));
    EXPECT_TRUE(write_file_atomically(data_ / "keys" / "other", "not for backups"));
  }
  void fill(const std::string& name, int rows) {
    const auto db = open_sqlite(data_ / name).value();
    ASSERT_TRUE(db->execute("CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, text TEXT NOT NULL, bytes BLOB)"));
    for (std::int64_t i = 0; i < rows; ++i)
      ASSERT_TRUE(db->execute("INSERT INTO t (id, text, bytes) VALUES (?1, ?2, ?3)", {i, name, Bytes{1, 2, 3}}));
  }
  /// Over all rows, in order.
  static std::string hash_of(const fs::path& file) {
    const auto db = open_sqlite(file).value();
    const StmtHandle statement = db->prepare("SELECT id, text, bytes FROM t ORDER BY id").value();
    crypto::Sha256 digest;
    while (const Row* row = statement->step().value()) {
      Bytes all;
      append_u64be(all, static_cast<std::uint64_t>(row->integer(0)));
      append(all, as_bytes(row->text(1)));
      append(all, row->bytes(2));
      digest.update(all);
    }
    return to_hex(digest.finish());
  }
  Result<BackupContents> create(Timestamp now = kMade) { return create_backup({data_, {}}, backups_, *root_, now); }
  Result<BackupContents> restore(const fs::path& file, const fs::path& to) {
    return restore_backup(file, *root_, {to, {}}, data_ / "keys" / "root.key");
  }
  [[nodiscard]] std::size_t count_of(const fs::path& folder) const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator{}));
  }

  TemporaryDirectory directory_;
  fs::path data_ = directory_.path() / "data";
  fs::path backups_ = directory_.path() / "backups";
  fs::path target_ = directory_.path() / "restored";
  std::unique_ptr<crypto::KeyProvider> root_ = [this] {
    fs::create_directories(data_ / "keys");
    return crypto::make_sealed_file_provider((data_ / "keys" / "root.key").string()).value();
  }();
};

TEST_F(BackupTest, RestoresEveryTableAsItWas) {
  const auto made = create();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->file.filename().string().substr(0, 24), "warder-20261127T091500Z-");
  std::vector<std::string> names;
  for (const ArchivePart& part : made->parts) names.push_back(part.name);
  EXPECT_EQ(names, (std::vector<std::string>{"control.db", "ca.pem", "tenants/one/config.db",
                                             "tenants/one/events-2026-01.db"}))
      << "no key is among them";
  EXPECT_EQ(verify_backup(made->file, *root_)->parts, made->parts);
  const auto restored = restore(made->file, target_);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->parts, made->parts);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    if (name.ends_with(".db")) {
      EXPECT_EQ(hash_of(target_ / name), hash_of(data_ / name));
    }
    EXPECT_EQ(fs::status(target_ / name).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
  EXPECT_EQ(read_file(target_ / "ca.pem").value(), "certificate");
  EXPECT_EQ(read_file(target_ / "keys" / "root.key").value(), read_file(data_ / "keys" / "root.key").value());
  EXPECT_EQ(fs::status(target_ / "tenants").permissions(), fs::perms::owner_all);
  EXPECT_FALSE(fs::exists(target_.string() + ".restoring"));
  EXPECT_FALSE(fs::exists(data_ / "backup.tmp"));
}

TEST_F(BackupTest, WritersGoOnAndTheCopyIsOfOneMoment) {
  // Two rows a transaction: a copy in between would have one of them.
  std::atomic<bool> is_over = false;
  std::atomic<int> written = 0;
  std::thread writer([&] {
    const auto db = open_sqlite(data_ / "tenants/one/config.db").value();
    for (std::int64_t i = 1000; !is_over; i += 2) {
      Tx transaction = Tx::begin(*db).value();
      for (std::int64_t id : {i, i + 1}) EXPECT_TRUE(db->execute("INSERT INTO t (id, text) VALUES (?1, 'x')", {id}));
      EXPECT_TRUE(transaction.commit());
      written += 2;
    }
  });
  while (written < 10) std::this_thread::yield();
  const auto made = create();
  is_over = true;
  writer.join();
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE(restore(made->file, target_));
  const auto db = open_sqlite(target_ / "tenants/one/config.db").value();
  const StmtHandle statement = db->prepare("SELECT count(*), coalesce(max(id), 0) FROM t WHERE id >= 1000").value();
  const Row* row = statement->step().value();
  EXPECT_GE(row->integer(0), 10);
  EXPECT_EQ(row->integer(0) % 2, 0);
  EXPECT_EQ(row->integer(1), 999 + row->integer(0));
}

TEST_F(BackupTest, ADamagedArchiveRestoresNothing) {
  const fs::path file = create()->file;
  const std::string good = read_file(file).value();
  std::string bad = good;
  bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 1);
  for (const std::string& bytes : {bad, good.substr(0, good.size() - 10)}) {
    ASSERT_TRUE(write_file_atomically(backups_ / "bad", bytes));
    EXPECT_EQ(verify_backup(backups_ / "bad", *root_).error().code, ErrorCode::Corrupt);
    EXPECT_EQ(restore(backups_ / "bad", target_).error().code, ErrorCode::Corrupt);
    EXPECT_FALSE(fs::exists(target_));
    EXPECT_FALSE(fs::exists(target_.string() + ".restoring"));
  }
  ASSERT_TRUE(restore(file, target_)) << "after failures, too";
}

TEST_F(BackupTest, RestoresOnlyIntoAnEmptyDirectory) {
  const fs::path file = create()->file;
  fs::create_directory(target_);
  ASSERT_TRUE(write_file_atomically(target_ / "mine", "x"));
  EXPECT_EQ(restore(file, target_).error().code, ErrorCode::Conflict);
  EXPECT_EQ(count_of(target_), 1U);
  fs::remove(target_ / "mine");
  fs::create_directory(target_.string() + ".restoring");  // of one that was interrupted
  ASSERT_TRUE(write_file_atomically(target_.string() + ".restoring/control.db", "half"));
  ASSERT_TRUE(restore(file, fs::path(target_.string() + "/")));
  EXPECT_EQ(hash_of(target_ / "control.db"), hash_of(data_ / "control.db"));
}

TEST_F(BackupTest, NamesThatLeaveTheDirectoryAreRefused) {
  for (const char* name : {"../outside", "/tmp/outside", "a/../../outside", "a b", "", "."}) {
    SCOPED_TRACE(name);
    const fs::path file = backups_ / "odd";
    fs::remove(file);
    const auto archive = ArchiveWriter::create(file, {"id", kMade, "0", "sqlite", "x"}, *root_).value();
    ASSERT_TRUE(archive->begin_part(name));
    ASSERT_TRUE(archive->write(as_bytes("x")));
    ASSERT_TRUE(archive->end_part());
    ASSERT_TRUE(archive->finish([](const fs::path& /*file*/) { return Result<void>{}; }));
    EXPECT_FALSE(restore(file, target_));
    EXPECT_FALSE(fs::exists(directory_.path() / "outside"));
  }
}

TEST_F(BackupTest, ADamagedDatabaseIsNotBackedUpAsIfItWereWhole) {
  std::string bytes = read_file(data_ / "tenants/one/events-2026-01.db").value();
  bytes.replace(4096, 200, std::string(200, '\xff'));
  ASSERT_TRUE(write_file_atomically(data_ / "tenants/one/events-2026-01.db", bytes));
  const auto made = create();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::Corrupt) << made.error().message;
  EXPECT_NE(made.error().message.find("events-2026-01.db"), std::string::npos) << made.error().message;
  EXPECT_EQ(count_of(backups_), 0U);
}

TEST_F(BackupTest, WhatAnInterruptedOneLeftIsInNoBackup) {
  fs::create_directory(data_ / "backup.tmp");
  ASSERT_TRUE(write_file_atomically(data_ / "backup.tmp" / "part", "half"));
  const auto made = create();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->parts.size(), 4U);
  EXPECT_FALSE(fs::exists(data_ / "backup.tmp"));
}

TEST_F(BackupTest, KeepsTheNewest) {
  std::vector<fs::path> made;
  for (int day = 0; day < 4; ++day) made.push_back(create(kMade + std::chrono::days(day))->file);
  for (const char* other : {"warder-notes.backup", "warder-20261127T091500Z-0123456g.backup", "other.backup"})
    ASSERT_TRUE(write_file_atomically(backups_ / other, "not ours"));
  EXPECT_EQ(remove_old_backups(backups_, 0).error().code, ErrorCode::Invalid);
  EXPECT_TRUE(remove_old_backups(backups_, 4)->empty());
  EXPECT_EQ(remove_old_backups(backups_, 2).value(), (std::vector<fs::path>{made[1], made[0]}));
  EXPECT_TRUE(fs::exists(made[2]));
  EXPECT_TRUE(fs::exists(made[3]));
  EXPECT_EQ(count_of(backups_), 2U + 3U);
}

TEST_F(BackupTest, TheStoresMustBeTheSame) {
  const fs::path file = create()->file;
  const auto restored = restore_backup(file, *root_, {target_, {{"", "host=/nowhere"}}}, {});
  EXPECT_EQ(restored.error().code, ErrorCode::Invalid);
}

}  // namespace
}  // namespace warder::manager
