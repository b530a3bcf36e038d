"""The authors' measurements on the chip, deposited at heiDATA (doi 10.11588/data/AVFF2E).

Written from the layout that the authors' plotting scripts read; nobody here has seen the deposit.
"""
