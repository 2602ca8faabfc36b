/* SPDX-License-Identifier: GPL-2.0-only */
/* Tokens and jobs. */
#include "nt.h"

#include <sddl.h>

static HANDLE token(DWORD access)
{
	HANDLE t = NULL;

	OpenProcessToken(GetCurrentProcess(), access, &t);
	return t;
}

static void user(void)
{
	union { TOKEN_USER u; char room[200]; } u;
	HANDLE t = token(TOKEN_QUERY);
	DWORD n = 0;

	FAILS(GetTokenInformation(t, TokenUser, NULL, 0, &n));
	SHOW(n >= sizeof(TOKEN_USER) + 12);
	SHOW(GetTokenInformation(t, TokenUser, &u, sizeof(u), &n));
	SHOW(IsValidSid(u.u.User.Sid));
	SHOW(u.u.User.Attributes);
	CloseHandle(t);
}

static void groups(void)
{
	union { TOKEN_GROUPS g; char room[2000]; } g;
	HANDLE t = token(TOKEN_QUERY);
	DWORD n;

	SHOW(GetTokenInformation(t, TokenGroups, &g, sizeof(g), &n));
	SHOW(g.g.GroupCount > 0);
	SHOW(IsValidSid(g.g.Groups[0].Sid));
	CloseHandle(t);
}

static void membership_in_groups(void)
{
	static const char *const sids[] = {
		"S-1-1-0", "S-1-2-0", "S-1-5-4", "S-1-5-11", "S-1-5-18", "S-1-5-32-544", "S-1-5-32-545",
		"S-1-5-32-546", "S-1-5-21-0-0-0-1000", "S-1-5-21-0-0-0-513", "S-1-5-21-0-0-0-1001",
	};

	for (size_t i = 0; i < sizeof(sids) / sizeof(sids[0]); i++) {
		BOOL is_member = 9;
		PSID sid;

		ConvertStringSidToSidA(sids[i], &sid);
		CheckTokenMembership(NULL, sid, &is_member);
		printf("%s: %d\n", sids[i], is_member);
		LocalFree(sid);
	}
}

static void statistics(void)
{
	TOKEN_STATISTICS s;
	TOKEN_TYPE type = 9;
	HANDLE t = token(TOKEN_QUERY);
	DWORD n;

	SHOW(GetTokenInformation(t, TokenType, &type, sizeof(type), &n));
	SHOW(type);
	SHOW(GetTokenInformation(t, TokenStatistics, &s, sizeof(s), &n));
	SHOW(n);
	SHOW(s.TokenType);
	FAILS(GetTokenInformation(t, TokenImpersonationLevel, &type, sizeof(type), &n));
	CloseHandle(t);
}

static void privileges(void)
{
	TOKEN_PRIVILEGES p = { .PrivilegeCount = 1 }, old;
	HANDLE t = token(TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES);
	DWORD n = 0;

	SHOW(LookupPrivilegeValueA(NULL, "SeChangeNotifyPrivilege", &p.Privileges[0].Luid));
	SHOW(p.Privileges[0].Luid.LowPart);
	FAILS(LookupPrivilegeValueA(NULL, "SeNoSuchPrivilege", &old.Privileges[0].Luid));
	p.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
	SetLastError(9);
	SHOW(AdjustTokenPrivileges(t, FALSE, &p, sizeof(old), &old, &n));
	SHOW(GetLastError());
	p.Privileges[0].Luid.LowPart = 777;
	SHOW(AdjustTokenPrivileges(t, FALSE, &p, 0, NULL, NULL));
	SHOW(GetLastError());
	CloseHandle(t);
}

static void rights(void)
{
	HANDLE t = token(TOKEN_ADJUST_PRIVILEGES), u;
	TOKEN_TYPE type;
	DWORD n;

	FAILS(GetTokenInformation(t, TokenType, &type, sizeof(type), &n));
	CloseHandle(t);
	FAILS(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &u));
	FAILS(GetTokenInformation((HANDLE)0x7770, TokenType, &type, sizeof(type), &n));
}

static void duplicates(void)
{
	HANDLE t = token(TOKEN_DUPLICATE | TOKEN_QUERY), d = NULL;
	SECURITY_IMPERSONATION_LEVEL level = 9;
	TOKEN_TYPE type = 9;
	DWORD n;

	SHOW(DuplicateTokenEx(t, TOKEN_QUERY, NULL, SecurityImpersonation, TokenImpersonation, &d));
	SHOW(GetTokenInformation(d, TokenType, &type, sizeof(type), &n));
	SHOW(type);
	SHOW(GetTokenInformation(d, TokenImpersonationLevel, &level, sizeof(level), &n));
	CloseHandle(d);
	SHOW(DuplicateTokenEx(t, TOKEN_QUERY, NULL, SecurityAnonymous, TokenPrimary, &d));
	SHOW(GetTokenInformation(d, TokenType, &type, sizeof(type), &n));
	SHOW(type);
	CloseHandle(d);
	CloseHandle(t);
}

static void levels(void)
{
	HANDLE t = token(TOKEN_ALL_ACCESS), first, second;
	SECURITY_IMPERSONATION_LEVEL level;
	TOKEN_STATISTICS s;
	DWORD n;

	SHOW(GetTokenInformation(t, TokenStatistics, &s, sizeof(s), &n));
	SHOW(s.ImpersonationLevel);
	for (int i = SecurityAnonymous; i <= SecurityDelegation; i++) {
		SHOW(DuplicateTokenEx(t, TOKEN_ALL_ACCESS, NULL, i, TokenImpersonation, &first));
		SHOW(GetTokenInformation(first, TokenImpersonationLevel, &level, sizeof(level), &n));
		SHOW(level);
		for (int k = SecurityAnonymous; k <= SecurityDelegation; k++) {
			second = NULL;
			SetLastError(0);
			SHOW(DuplicateTokenEx(first, TOKEN_ALL_ACCESS, NULL, k, TokenImpersonation, &second));
			SHOW(GetLastError());
			CloseHandle(second);
		}
		SHOW(DuplicateTokenEx(first, TOKEN_ALL_ACCESS, NULL, i, TokenPrimary, &second));
		CloseHandle(second);
		CloseHandle(first);
	}
	FAILS(DuplicateTokenEx(t, TOKEN_ALL_ACCESS, NULL, 4, TokenImpersonation, &first));
	CloseHandle(t);
}

static void impersonation(void)
{
	SECURITY_IMPERSONATION_LEVEL level = 9;
	HANDLE t;
	DWORD n;

	FAILS(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &t));
	SHOW(ImpersonateSelf(SecurityAnonymous));
	FAILS(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &t));
	SHOW(RevertToSelf());
	SHOW(ImpersonateSelf(SecurityImpersonation));
	SHOW(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &t));
	SHOW(GetTokenInformation(t, TokenImpersonationLevel, &level, sizeof(level), &n));
	SHOW(level);
	CloseHandle(t);
	SHOW(SetThreadToken(NULL, NULL));
	FAILS(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &t));
}

static void sids(void)
{
	SID_IDENTIFIER_AUTHORITY nt = { SECURITY_NT_AUTHORITY };
	PSID admins = NULL, parsed = NULL;
	char *text = NULL;

	SHOW(AllocateAndInitializeSid(&nt, 2, 32, 544, 0, 0, 0, 0, 0, 0, &admins));
	SHOW(GetLengthSid(admins));
	SHOW(ConvertSidToStringSidA(admins, &text));
	puts(text);
	SHOW(ConvertStringSidToSidA(text, &parsed));
	SHOW(EqualSid(admins, parsed));
	SHOW(IsWellKnownSid(admins, WinBuiltinAdministratorsSid));
	LocalFree(text);
	LocalFree(parsed);
	FreeSid(admins);
}

/* ---- jobs ---- */

static HANDLE sleeper(DWORD flags)
{
	STARTUPINFOA si = { .cb = sizeof(si) };
	PROCESS_INFORMATION pi = { 0 };
	char self[300], line[400];

	GetModuleFileNameA(NULL, self, sizeof(self));
	snprintf(line, sizeof(line), "\"%s\" sleep", self);
	if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, flags, NULL, NULL, &si, &pi))
		return NULL;
	CloseHandle(pi.hThread);
	return pi.hProcess;
}

static DWORD code_of(HANDLE p)
{
	DWORD code = 12345;

	GetExitCodeProcess(p, &code);
	return code;
}

static void membership(void)
{
	HANDLE job = CreateJobObjectA(NULL, NULL), other = CreateJobObjectA(NULL, NULL), p = sleeper(0);
	BOOL in = 9;

	SHOW(IsProcessInJob(p, job, &in));
	SHOW(in);
	SHOW(AssignProcessToJobObject(job, p));
	SHOW(IsProcessInJob(p, job, &in));
	SHOW(in);
	SHOW(IsProcessInJob(p, other, &in));
	SHOW(in);
	SHOW(IsProcessInJob(p, NULL, &in));
	SHOW(in);
	SHOW(TerminateJobObject(job, 66));
	SHOW(WaitForSingleObject(p, 10000));
	SHOW(code_of(p));
	FAILS(AssignProcessToJobObject(job, p));
	CloseHandle(p);
	CloseHandle(job);
	CloseHandle(other);
}

static void kill_on_close(void)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION l = { 0 };
	HANDLE job = CreateJobObjectA(NULL, NULL), p = sleeper(0);

	l.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
	SHOW(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &l, sizeof(l)));
	SHOW(AssignProcessToJobObject(job, p));
	SHOW(WaitForSingleObject(p, 50));
	SHOW(CloseHandle(job));
	SHOW(WaitForSingleObject(p, 10000));
	CloseHandle(p);
}

static void accounting(void)
{
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION a = { 0 };
	HANDLE job = CreateJobObjectA(NULL, NULL), p = sleeper(0), q = sleeper(0);
	DWORD n = 0;

	AssignProcessToJobObject(job, p);
	AssignProcessToJobObject(job, q);
	SHOW(QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &a, sizeof(a), &n));
	printf("%lu %lu\n", a.TotalProcesses, a.ActiveProcesses);
	TerminateProcess(p, 1);
	WaitForSingleObject(p, 10000);
	Sleep(50);
	SHOW(QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &a, sizeof(a), &n));
	printf("%lu %lu\n", a.TotalProcesses, a.ActiveProcesses);
	TerminateJobObject(job, 2);
	SHOW(WaitForSingleObject(q, 10000));
	CloseHandle(p);
	CloseHandle(q);
	CloseHandle(job);
}

static void notification(void)
{
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	HANDLE job = CreateJobObjectA(NULL, NULL), p = sleeper(0);
	JOBOBJECT_ASSOCIATE_COMPLETION_PORT a = { (void *)5, port };
	OVERLAPPED *o;
	ULONG_PTR key;
	DWORD message;

	SHOW(SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &a, sizeof(a)));
	AssignProcessToJobObject(job, p);
	TerminateProcess(p, 1);
	for (int i = 0; i < 3; i++) {
		message = 99;
		SHOW(GetQueuedCompletionStatus(port, &message, &key, &o, 5000));
		printf("message %lu key %llu\n", message, key);
	}
	CloseHandle(p);
	CloseHandle(job);
	CloseHandle(port);
}

static void names(void)
{
	HANDLE job = CreateJobObjectA(NULL, "tern_job"), again;

	again = OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, "tern_job");
	SHOW(again != NULL);
	CloseHandle(again);
	CloseHandle(job);
	FAILS(OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, "tern_job"));
}

static const struct test_case cases[] = {
	CASE(user), CASE(groups), CASE(membership_in_groups), CASE(statistics), CASE(privileges), CASE(rights),
	CASE(duplicates),
	CASE(levels), CASE(impersonation), CASE(sids),
	CASE(membership), CASE(kill_on_close), CASE(accounting), CASE(notification), CASE(names),
};

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		Sleep(60000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && argc == 1; i++) {
		printf("-- %s\n", cases[i].name);
		fflush(stdout);
		cases[i].run();
	}
	return 0;
}
