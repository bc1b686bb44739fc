// -*- mode:C++ -*-
#include "OSD.h"

#include <cstdio>
#ifdef HAVE_OTHER
#include "other.h"
#endif
#define dout(n) if ((n) < 5) printf("%s: ", __func__), printf
using std::string;

static int calls;
static int cost(int n) { calls++; return n * 3; }
template <class T> void ceph::osd::Queue<T>::log(const char *text) { printf("%s %zu\n", text, this->size()); }

struct OSD {
  struct Shard {
    int whoami = 7;
    int _enqueue(const string& name, int prio);
    int _enqueue(int prio);
    void nothing() {}
  };
  int value;
  explicit OSD(int v);
  ~OSD();
  int lookup(const string& oid, int *out, bool deep = false);
  void dispatch(int type) const;
};

OSD::OSD(int v) : value{v}
{
}

OSD::~OSD() { dout(1)("gone %d\n", value); }

int OSD::Shard::_enqueue(const string& name, int prio)
{
  int r = prio; /* a } in a comment, "(" in a text */ const char *text = "}){";
  auto each = [&](int n) -> int { if (n) return n; return 1; };
  struct local { int f() { return 3; } } l;
  r += each(prio) + l.f() + (text[0] == '}');
  // return in a comment;
  return r;
}

int OSD::Shard::_enqueue(int prio)
{
  return _enqueue(string("x"), prio);
}

int OSD::lookup(const string& oid, int *out, bool deep)
{
  if (oid.empty())
    return -22;
  if (oid == "c") // it is known
    return -2;
  else if (deep) return cost(*out);
  switch (oid.size()) {
  case 1: return 1;
  case 2:
    {
      int r = cost(2);
      return r;
    }
  default:
    break;
  }
#ifdef HAVE_OTHER
  if (*out) {
#else
  if (!*out) {
#endif
    return cost(
      *out + 1);
  }
  for (int i = 0; i < 3; i++)
    if (i == *out) return i;
    else
      continue;
  dout(1)("end of %s\n", oid.c_str());
done:
  return *out;
}

void OSD::dispatch(int type) const
{
  if (type == 1)
    return;
  dout(1)("type %d\n", type);
}

int main()
{
  OSD osd(4);
  OSD::Shard shard;
  ceph::osd::Queue<int> queue;
  int out = 2;
  shard.nothing();
  int sum = shard._enqueue(5) + queue.take(4) + queue.take(1);
  for (const char *oid : {"", "a", "bb", "c", "dddd"}) {
    printf("%s %d", oid, osd.lookup(oid, &out));
    printf(" %d\n", osd.lookup(oid, &out, true));
  }
  for (out = -1; out < 6; out++)
    printf("%d\n", osd.lookup("long name", &out));
  osd.dispatch(1);
  osd.dispatch(2);
  printf("sum %d calls %d\n", sum, calls);
  return 0;
}
