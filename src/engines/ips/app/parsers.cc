#include <vector>

#include "engines/ips/app/dcerpc.h"
#include "engines/ips/app/dns.h"
#include "engines/ips/app/enip.h"
#include "engines/ips/app/ftp.h"
#include "engines/ips/app/http1.h"
#include "engines/ips/app/http2.h"
#include "engines/ips/app/ike.h"
#include "engines/ips/app/krb5.h"
#include "engines/ips/app/ldap.h"
#include "engines/ips/app/mail_access.h"
#include "engines/ips/app/mqtt.h"
#include "engines/ips/app/mysql.h"
#include "engines/ips/app/parser.h"
#include "engines/ips/app/pgsql.h"
#include "engines/ips/app/quic.h"
#include "engines/ips/app/rdp.h"
#include "engines/ips/app/redis.h"
#include "engines/ips/app/sip.h"
#include "engines/ips/app/smb.h"
#include "engines/ips/app/smtp.h"
#include "engines/ips/app/snmp.h"
#include "engines/ips/app/ssh.h"
#include "engines/ips/app/tls.h"
#include "engines/ips/app/websocket.h"

namespace warder::ips::app {

namespace {

// Strong signatures first: the first parser that says Yes has the flow.
const std::vector<ParserInfo>& table() {
  static const std::vector<ParserInfo> kParsers = {
      http1_parser(), tls_info(),  ssh_info(),  http2_info(),    smb_info(),       sip_info(),    smtp_info(),
      ftp_info(),     pop3_info(), imap_info(), krb5_info(),     ldap_info(),      pgsql_info(),  mysql_info(),
      redis_info(),   mqtt_info(), rdp_info(),  quic_info(),     snmp_info(),      dcerpc_info(), ike_info(),
      enip_info(),    dns_info(),  mdns_info(), ftp_data_info(), websocket_info(),
  };
  return kParsers;
}

}  // namespace

std::span<const ParserInfo> parsers() noexcept {
  return table();
}

const ParserInfo* find_parser(Protocol protocol) noexcept {
  for (const auto& info : parsers()) {
    if (info.protocol == protocol) return &info;
  }
  return nullptr;
}

}  // namespace warder::ips::app
