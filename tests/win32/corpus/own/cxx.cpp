/* SPDX-License-Identifier: GPL-2.0-only */
/* C++: destructors on the way of an exception, threads, streams. */
#include <fstream>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

struct Guard {
	~Guard() { std::cout << "dtor\n"; }
};

static void descend(int n)
{
	Guard g;

	if (n == 3)
		throw std::runtime_error("thrown");
	descend(n + 1);
}

static void count_in_threads()
{
	std::vector<std::thread> threads;
	std::mutex lock;
	int n = 0;

	for (int i = 0; i < 4; i++)
		threads.emplace_back([&] {
			for (int j = 0; j < 1000; j++) {
				std::lock_guard<std::mutex> held(lock);
				n++;
			}
		});
	for (auto &t : threads)
		t.join();
	std::cout << "n=" << n << "\n";
}

int main()
{
	std::string s;

	try {
		descend(3);
	} catch (std::exception &e) {
		std::cout << "caught " << e.what() << "\n";
	}
	count_in_threads();
	std::ofstream("cxx.tmp") << "abc";
	std::ifstream("cxx.tmp") >> s;
	std::cout << s << "\n";
	remove("cxx.tmp");
	try {
		std::vector<int> q(1);
		q.at(5);
	} catch (const std::out_of_range &) {
		std::cout << "oor\n";
	}
	return 0;
}
