#include "dns/record_set.h"

namespace evershore::dns {

bool RecordSet::operator==(const RecordSet& other) const {
  if (ttl != other.ttl || rdata != other.rdata) return false;
  if (choice == other.choice) return true;
  return choice != nullptr && other.choice != nullptr && *choice == *other.choice;
}

}  // namespace evershore::dns
