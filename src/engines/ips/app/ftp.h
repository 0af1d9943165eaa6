// FTP (RFC 959, 2428): commands with their replies, and the data connections that they announce.
#pragma once

#include <memory>
#include <string>

#include "engines/ips/app/conditions.h"
#include "engines/ips/app/parser.h"

namespace warder::ips::app {

/// What the control connection tells the data connection: the command may come before or after the latter opens.
struct FtpDataContext {
  std::string command;  // "RETR", "STOR" …, empty until it was seen
  std::string file_name;
};

const ParserInfo& ftp_info() noexcept;
const ParserInfo& ftp_data_info() noexcept;

/// ftpbounce, ftpdata_command
std::span<const ConditionRow> ftp_conditions() noexcept;

}  // namespace warder::ips::app
